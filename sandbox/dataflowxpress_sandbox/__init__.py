"""Sandbox: Kubernetes, AWS and the operator on one machine, without containers.

The entry point is `dataflowxpress_sandbox.sandbox.Sandbox`. This module imports nothing, so that an
import does not require the dependencies of the sandbox.
"""
