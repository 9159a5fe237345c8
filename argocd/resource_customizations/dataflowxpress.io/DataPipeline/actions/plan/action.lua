-- Only say in status.drift what would change in AWS, until it is resumed.
obj.metadata.annotations = obj.metadata.annotations or {}
obj.metadata.annotations["dataflowxpress.io/plan"] = "true"
return obj
