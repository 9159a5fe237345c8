"""API: the DataPipeline resource, and the terms that all layers share."""
