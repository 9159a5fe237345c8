"""Scheduler: EventBridge Scheduler with time zones, roles, retries and completion.

ministack stores schedules, evaluates them in UTC, and calls targets without a role.
"""
