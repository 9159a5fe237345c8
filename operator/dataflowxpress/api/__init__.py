"""API: the DataPipeline as users write and read it, and the terms that all layers share."""
