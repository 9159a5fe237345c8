"""Kube: the operator's client of the Kubernetes API."""
