"""Values: exact conversions from what was uploaded to the types of the catalog."""
