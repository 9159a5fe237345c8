"""Deliveries: services deliver to a queue or topic only if its policy admits them, like on AWS.

EventBridge sends the rule as `aws:SourceArn`, CloudWatch the alarm, both with their account as
`aws:SourceAccount`. ministack checks the policies for S3 only.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import cloudwatch, eventbridge, sns, sqs

logger = logging.getLogger("dataflowxpress_sandbox.aws")

_EVENTS, _CLOUDWATCH = "events.amazonaws.com", "cloudwatch.amazonaws.com"


def install() -> None:
    """Check the policies for events of rules and actions of alarms."""
    original_invoke = eventbridge._invoke_target
    original_act = cloudwatch._dispatch_alarm_actions

    def invoke(target: Mapping[str, Any], event: Any, rule: Mapping[str, Any], *more: Any) -> None:
        if _admits(str(target.get("Arn", "")), _EVENTS, rule["Arn"]):
            original_invoke(target, event, rule, *more)

    def act(alarm: Mapping[str, Any], *change: Any) -> None:
        actions = {
            name: [each for each in value or () if _admits(each, _CLOUDWATCH, alarm["AlarmArn"])]
            for name, value in alarm.items()
            if name.endswith("Actions")  # of its three states
        }
        original_act({**alarm, **actions}, *change)

    eventbridge._invoke_target = invoke
    cloudwatch._dispatch_alarm_actions = act


def _admits(target: str, service: str, source: str) -> bool:
    checks = {"sqs": sqs.queue_policy_allows, "sns": sns.topic_policy_allows}
    check = checks.get(target.split(":")[2] if target.startswith("arn:") else "")
    if check is None or check(target, service, source, get_account_id()):
        return True
    logger.warning("the policy of %s does not admit %s for %s", target, service, source)
    return False
