-- End a pause or a plan-only period, so that the operator applies the spec again.
local annotations = obj.metadata.annotations
if annotations ~= nil then
  annotations["dataflowxpress.io/paused"] = nil
  annotations["dataflowxpress.io/plan"] = nil
  if next(annotations) == nil then -- Argo CD would encode an empty table as a JSON array
    obj.metadata.annotations = nil
  end
end
return obj
