-- Actions on a DataPipeline. Actions without effect in the current state are disabled.

local annotations = obj.metadata.annotations or {}
local paused = annotations["dataflowxpress.io/paused"] == "true"
local planning = annotations["dataflowxpress.io/plan"] == "true"

return {
  pause = { disabled = paused, iconClass = "fa fa-fw fa-pause" },
  resume = { disabled = not paused and not planning, iconClass = "fa fa-fw fa-play" },
  refresh = { disabled = paused, iconClass = "fa fa-fw fa-sync", displayName = "Compare with AWS" },
  run = { disabled = paused, iconClass = "fa fa-fw fa-forward", displayName = "Run the job" },
  plan = { disabled = paused or planning, iconClass = "fa fa-fw fa-list", displayName = "Plan only" },
}
