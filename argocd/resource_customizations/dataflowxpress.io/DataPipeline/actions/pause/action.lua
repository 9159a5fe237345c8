-- Stop every call to AWS for this pipeline until it is resumed.
obj.metadata.annotations = obj.metadata.annotations or {}
obj.metadata.annotations["dataflowxpress.io/paused"] = "true"
return obj
