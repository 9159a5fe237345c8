"""Release: builds and checks all that a release publishes."""
