-- Health of a DataPipeline: what its conditions say, once they are about the spec as it is now.
-- Plain Lua 5.1 without the string library, which Argo CD does not load.

local function annotated(name)
  local annotations = obj.metadata.annotations
  return annotations ~= nil and annotations["dataflowxpress.io/" .. name] == "true"
end

-- A condition that is about an older spec says nothing: Argo CD would go on to the next sync wave.
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

local function said(each)
  if each.message == nil or each.message == "" then
    return each.reason
  end
  return each.reason .. ": " .. each.message
end

local function health(status, message)
  return { status = status, message = message }
end

if annotated("paused") then
  return health("Suspended", "Paused: remove the annotation dataflowxpress.io/paused to go on")
end

local ready = condition("Ready")
if ready == nil then
  return health("Progressing", "Waiting for the operator to take up this version of the spec")
end

if annotated("plan") then
  return health("Suspended", said(ready) .. "; remove the annotation dataflowxpress.io/plan to apply it")
end

local stalled = condition("Stalled")
if stalled ~= nil and stalled.status == "True" then
  return health("Degraded", said(ready))
end
if ready.status ~= "True" then
  return health("Progressing", said(ready))
end

-- What is the matter with drift, data or mail is told, but is no reason to hold a sync back: the
-- resources are as git says.
local message = said(ready)
local fine = { Drifted = "False", DataCurrent = "True", SubscriptionsConfirmed = "True" }
for _, kind in ipairs({ "Drifted", "DataCurrent", "SubscriptionsConfirmed" }) do
  local each = condition(kind)
  if each ~= nil and each.status ~= fine[kind] then
    message = message .. "; " .. said(each)
  end
end
return health("Healthy", message)
