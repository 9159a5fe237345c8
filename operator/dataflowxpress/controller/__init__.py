"""Controller: reconciles DataPipelines; kopf handlers, work queue, reconciler and deletion."""
