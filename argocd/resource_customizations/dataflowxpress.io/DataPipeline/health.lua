-- Health of a DataPipeline, from the conditions of the current generation.
-- Plain Lua 5.1 without the string library: Argo CD does not load it.

local function is_set(name)
  local annotations = obj.metadata.annotations
  return annotations ~= nil and annotations["dataflowxpress.io/" .. name] == "true"
end

-- Ignore conditions of an older generation: otherwise Argo CD would start the next sync wave too early.
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

if is_set("paused") then
  return health("Suspended", "Paused: remove the annotation dataflowxpress.io/paused to resume")
end

local ready = condition("Ready")
if ready == nil then
  return health("Progressing", "Waiting for the operator to reconcile this generation of the spec")
end

if is_set("plan") then
  return health("Suspended", describe(ready) .. "; remove the annotation dataflowxpress.io/plan to apply it")
end

local stalled = condition("Stalled")
if stalled ~= nil and stalled.status == "True" then
  return health("Degraded", describe(ready))
end
if ready.status ~= "True" then
  return health("Progressing", describe(ready))
end

-- Problems with drift, data or email subscriptions appear in the message but do not block a sync:
-- the AWS resources match git.
local message = describe(ready)
local healthy = { Drifted = "False", DataCurrent = "True", SubscriptionsConfirmed = "True" }
for _, kind in ipairs({ "Drifted", "DataCurrent", "SubscriptionsConfirmed" }) do
  local each = condition(kind)
  if each ~= nil and each.status ~= healthy[kind] then
    message = message .. "; " .. describe(each)
  end
end
return health("Healthy", message)
