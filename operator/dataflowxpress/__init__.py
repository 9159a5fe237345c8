"""DataFlowXpress: one DataPipeline resource, made true in AWS, kept true, and honest about it."""
