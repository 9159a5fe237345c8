"""DataFlowXpress: provisions CSV-to-Parquet pipelines on AWS from one Kubernetes resource."""
