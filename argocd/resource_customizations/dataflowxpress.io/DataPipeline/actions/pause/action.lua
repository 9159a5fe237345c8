-- Pause the pipeline: the operator makes no AWS calls for it until it is resumed.
obj.metadata.annotations = obj.metadata.annotations or {}
obj.metadata.annotations["dataflowxpress.io/paused"] = "true"
return obj
