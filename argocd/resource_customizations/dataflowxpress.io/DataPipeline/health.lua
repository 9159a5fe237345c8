-- Health of a DataPipeline: derived from the conditions of the current generation.
-- Plain Lua 5.1 without the string library, which Argo CD does not load.

local function annotated(name)
  local annotations = obj.metadata.annotations
  return annotations ~= nil and annotations["dataflowxpress.io/" .. name] == "true"
end

-- Ignores conditions of older generations: Argo CD would start the next sync wave too early.
local function condition(kind)
  local status = obj.status
  if status == nil or status.conditions == nil then
    return nil
  end
  for _, each in ipairs(status.conditions) do
    if each.type == kind and each.observedGeneration == obj.metadata.generation then
      return each
    end
  end
  return nil
end

local function describe(each)
  if each.message == nil or each.message == "" then
    return each.reason
  end
  return each.reason .. ": " .. each.message
end

local function health(status, message)
  return { status = status, message = message }
end

if annotated("paused") then
  return health("Suspended", "Paused: remove the annotation dataflowxpress.io/paused to resume")
end

local ready = condition("Ready")
if ready == nil then
  return health("Progressing", "Waiting for the operator to observe this generation of the spec")
end

if annotated("plan") then
  return health("Suspended", describe(ready) .. "; remove the annotation dataflowxpress.io/plan to apply changes")
end

local stalled = condition("Stalled")
if stalled ~= nil and stalled.status == "True" then
  return health("Degraded", describe(ready))
end
if ready.status ~= "True" then
  return health("Progressing", describe(ready))
end

-- Drift, data and email problems appear in the message, but do not hold a sync back: the resources
-- match the manifest in git.
local message = describe(ready)
local expected = { Drifted = "False", DataCurrent = "True", SubscriptionsConfirmed = "True" }
for _, kind in ipairs({ "Drifted", "DataCurrent", "SubscriptionsConfirmed" }) do
  local each = condition(kind)
  if each ~= nil and each.status ~= expected[kind] then
    message = message .. "; " .. describe(each)
  end
end
return health("Healthy", message)
