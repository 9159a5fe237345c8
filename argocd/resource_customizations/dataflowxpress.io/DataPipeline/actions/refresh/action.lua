-- Request a comparison of all resources with AWS now.
local os = require("os")
obj.metadata.annotations = obj.metadata.annotations or {}
obj.metadata.annotations["dataflowxpress.io/reconcile-requested-at"] = os.date("!%Y-%m-%dT%XZ")
return obj
