"""AWS: clients, error classes, ownership tags, and the resources that the operator manages."""
