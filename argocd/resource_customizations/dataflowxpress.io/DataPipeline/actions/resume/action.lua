-- End a pause or a plan: make the pipeline true again.
local annotations = obj.metadata.annotations
if annotations ~= nil then
  annotations["dataflowxpress.io/paused"] = nil
  annotations["dataflowxpress.io/plan"] = nil
  if next(annotations) == nil then -- an empty table would become a JSON array
    obj.metadata.annotations = nil
  end
end
return obj
