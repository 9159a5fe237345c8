-- Plan only: the operator lists pending AWS changes in status.drift until the pipeline is resumed.
obj.metadata.annotations = obj.metadata.annotations or {}
obj.metadata.annotations["dataflowxpress.io/plan"] = "true"
return obj
