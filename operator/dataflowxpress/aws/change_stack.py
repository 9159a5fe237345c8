"""Change stack: what administrators create so that CloudTrail's events reach the operator.

The operator creates none of it, and needs no permission to do so.
"""

from __future__ import annotations

from typing import Any

from .cloudtrail import DATA_CALLS, DETAIL_TYPE, sources
from .policy_scope import as_text
from .resources.policy import VERSION

NAME = "dataflowxpress-changes"
RETENTION = 14_400  # seconds; an operator that starts later compares all pipelines anyway
VISIBILITY = 60  # seconds until another leader gets messages that were not deleted

_QUEUE = {"Fn::GetAtt": ["Queue", "Arn"]}
_RULE = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/${Name}"
_HOME_BUS = "arn:${AWS::Partition}:events:${HomeRegion}:${Account}:event-bus/${Name}"
_PARAMETERS = {
    "Name": {"Default": NAME, "Description": "Name of the queue, the rules and the event bus."},
    "HomeRegion": {"Description": "Region of the queue. Empty: this one, which gets the queue."},
    "HomeAccount": {
        "AllowedPattern": "([0-9]{12})?",
        "ConstraintDescription": "an account ID of 12 digits, or empty",
        "Description": "Account of the queue, if it is another one. Needs HomeRegion.",
    },
    "Accounts": {
        "Type": "CommaDelimitedList",
        "Description": "For the home region: other accounts that can send events to the queue.",
    },
    "Organization": {
        "Description": "For the home region: organization whose accounts can send events."
    },
}
_EMPTY = {
    "Accounts": {"Fn::Equals": [{"Fn::Join": ["", {"Ref": "Accounts"}]}, ""]},
    **{
        name: {"Fn::Equals": [{"Ref": name}, ""]}
        for name in ("HomeRegion", "HomeAccount", "Organization")
    },
}
_HOME_ACCOUNT_HAS_REGION = {
    "RuleCondition": {"Fn::Not": [_EMPTY["HomeAccount"]]},
    "Assertions": [
        {
            "Assert": {"Fn::Not": [_EMPTY["HomeRegion"]]},
            "AssertDescription": "HomeAccount needs HomeRegion, the region of the queue.",
        }
    ],
}


def pattern() -> dict[str, Any]:
    """Return the event pattern: calls that may change a pipeline's resources."""
    return {
        "source": [f"aws.{source}" for source in sources()],
        "detail-type": [DETAIL_TYPE],
        "detail": {
            "managementEvent": [True],
            "readOnly": [False],
            "eventName": [{"anything-but": sorted(DATA_CALLS)}],
        },
    }


def policy(name: str = NAME) -> dict[str, Any]:
    """Return the optional policy of the operator's identity for the queue and rules *name*."""
    queue = {
        "Sid": "ReceiveChanges",
        "Effect": "Allow",
        "Action": ["sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage"],
        "Resource": [f"arn:*:sqs:*:*:{name}"],
    }
    return {"Version": VERSION, "Statement": [queue, *probes(name)["Statement"]]}


def probes(name: str = NAME) -> dict[str, Any]:
    """Return the optional policy of a role in another account for the rules *name* there."""
    rules = {
        "Sid": "ProbeChanges",
        "Effect": "Allow",
        "Action": ["events:TagResource"],
        "Resource": [f"arn:*:events:*:*:rule/{name}"],
    }
    return {"Version": VERSION, "Statement": [rules]}


def text() -> str:
    """Return the CloudFormation template as JSON text."""
    return as_text(template())


def template() -> dict[str, Any]:
    """Return the CloudFormation template, for the home region and for all that forward to it."""
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Sends changes of DataFlowXpress' resources to a queue of the operator.",
        "Parameters": {
            name: {"Type": "String", "Default": "", **parameter}
            for name, parameter in _PARAMETERS.items()
        },
        "Rules": {"HomeAccountHasRegion": _HOME_ACCOUNT_HAS_REGION},
        "Conditions": {
            "IsHome": _EMPTY["HomeRegion"],
            "Forwards": {"Fn::Not": [_EMPTY["HomeRegion"]]},
            "IsHomeAccount": _EMPTY["HomeAccount"],
            "AdmitsAccounts": _both("IsHome", {"Fn::Not": [_EMPTY["Accounts"]]}),
            "AdmitsOrganization": _both("IsHome", {"Fn::Not": [_EMPTY["Organization"]]}),
        },
        "Resources": {**_home(), **_admission(), **_elsewhere()},
    }


def _both(condition: str, other: dict[str, Any]) -> dict[str, Any]:
    return {"Fn::And": [{"Condition": condition}, other]}


def _home() -> dict[str, Any]:
    admitted = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": _QUEUE,
        "Condition": {
            "ArnEquals": {
                "aws:SourceArn": [
                    {"Fn::Sub": _RULE},
                    {"Fn::Sub": _RULE.replace("rule/", "rule/${Name}/")},
                ]
            }
        },
    }
    queue = {
        "QueueName": {"Ref": "Name"},
        "MessageRetentionPeriod": RETENTION,
        "VisibilityTimeout": VISIBILITY,
        "SqsManagedSseEnabled": True,
    }
    target = [{"Id": "queue", "Arn": _QUEUE}]
    return {
        "Queue": _resource("AWS::SQS::Queue", "IsHome", queue),
        "QueuePolicy": _resource(
            "AWS::SQS::QueuePolicy",
            "IsHome",
            {
                "Queues": [{"Ref": "Queue"}],
                "PolicyDocument": {"Version": VERSION, "Statement": [admitted]},
            },
        ),
        "Bus": _resource("AWS::Events::EventBus", "IsHome", {"Name": {"Ref": "Name"}}),
        "OfThisRegion": _rule("IsHome", target),
        "OfOtherRegions": _rule("IsHome", target, EventBusName={"Ref": "Bus"}),
    }


def _admission() -> dict[str, Any]:
    """Return the policies of the bus for other accounts, of which only rules can send."""
    members = {"aws:PrincipalOrgID": {"Ref": "Organization"}}
    return {
        "FromAccounts": _admitted("AdmitsAccounts", {"AWS": {"Ref": "Accounts"}}, {}),
        "FromOrganization": _admitted("AdmitsOrganization", "*", members),
    }


def _admitted(condition: str, principal: Any, limits: dict[str, Any]) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": principal,
        "Action": "events:PutEvents",
        "Resource": {"Fn::GetAtt": ["Bus", "Arn"]},
        "Condition": {
            "StringEquals": {
                "events:detail-type": DETAIL_TYPE,
                "events:eventBusInvocation": "true",
                **limits,
            },
            "ForAllValues:StringEquals": {"events:source": pattern()["source"]},
        },
    }
    bus = {"EventBusName": {"Ref": "Bus"}, "StatementId": condition, "Statement": statement}
    return _resource("AWS::Events::EventBusPolicy", condition, bus)


def _elsewhere() -> dict[str, Any]:
    account = {"Fn::If": ["IsHomeAccount", {"Ref": "AWS::AccountId"}, {"Ref": "HomeAccount"}]}
    bus = {"Fn::Sub": [_HOME_BUS, {"Account": account}]}
    trusted = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEqualsIfExists": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
    }
    put = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": bus}
    role = {
        "AssumeRolePolicyDocument": {"Version": VERSION, "Statement": [trusted]},
        "Policies": [
            {
                "PolicyName": "forward",
                "PolicyDocument": {"Version": VERSION, "Statement": [put]},
            }
        ],
    }
    arn = {"Fn::GetAtt": ["Role", "Arn"]}
    target = [{"Id": "home", "Arn": bus, "RoleArn": arn}]
    return {
        "Role": _resource("AWS::IAM::Role", "Forwards", role),
        "ToHome": _rule("Forwards", target),
    }


def _rule(condition: str, targets: list[dict[str, Any]], **bus: Any) -> dict[str, Any]:
    properties = {"Name": {"Ref": "Name"}, "EventPattern": pattern(), "Targets": targets, **bus}
    return _resource("AWS::Events::Rule", condition, properties)


def _resource(kind: str, condition: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"Type": kind, "Condition": condition, "Properties": properties}
