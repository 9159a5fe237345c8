-- Request a job run now.
local os = require("os")
obj.metadata.annotations = obj.metadata.annotations or {}
obj.metadata.annotations["dataflowxpress.io/run-requested-at"] = os.date("!%Y-%m-%dT%XZ")
return obj
