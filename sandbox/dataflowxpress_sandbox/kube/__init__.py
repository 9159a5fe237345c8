"""Kube: a real API server with its etcd, on the loopback interface."""
