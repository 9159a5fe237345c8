"""The suite as a package: servers of the scope `package` end when a worker leaves it."""
