"""Kube: the Kubernetes API as the operator uses it."""
