"""Sandbox: Kubernetes, AWS and the operator on one machine, without containers.

`dataflowxpress_sandbox.sandbox.Sandbox` is the whole. This module imports nothing, so that the
operator needs none of the sandbox's dependencies.
"""
