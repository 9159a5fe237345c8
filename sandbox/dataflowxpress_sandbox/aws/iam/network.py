"""Network: Lambda connects a function to a VPC only if its role allows it, like on AWS."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ministack.core.responses import error_response_json, get_account_id, get_region
from ministack.services import ec2, lambda_svc

from .function_role import is_allowed
from .ledger import Ledger

_ON_INTERFACES = ("CreateNetworkInterface", "DeleteNetworkInterface")
_READS = ("DescribeNetworkInterfaces",)


def install(ledger: Ledger) -> None:
    """Reject functions with subnets that do not exist, or with a role that cannot use them."""
    original_create, original_update = lambda_svc._create_function, lambda_svc._update_config

    def create(data: Mapping[str, Any]) -> Any:
        return _refusal(ledger, data, data.get("Role", "")) or original_create(data)

    def update(name: str, data: Mapping[str, Any]) -> Any:
        function = lambda_svc._functions.get(name) or {"config": {"Role": ""}}
        role = data.get("Role") or function["config"]["Role"]
        return _refusal(ledger, data, role) or original_update(name, data)

    lambda_svc._create_function, lambda_svc._update_config = create, update


def _refusal(ledger: Ledger, data: Mapping[str, Any], role: str) -> Any:
    """Return the error of Lambda, or None."""
    config = data.get("VpcConfig") or {}
    if not config.get("SubnetIds"):
        return None
    texts = (*_missing(config), *_denied(config, lambda *call: is_allowed(ledger, role, *call)))
    for text in texts:
        return error_response_json("InvalidParameterValueException", text, 400)
    return None


def _missing(config: Mapping[str, Any]) -> Iterator[str]:
    ec2._ensure_defaults_initialized()
    for subnet in config["SubnetIds"]:
        if subnet not in ec2._subnets:
            yield (
                "Error occurred while DescribeSubnets. EC2 Error Code: InvalidSubnetID.NotFound."
                f" EC2 Error Message: The subnet ID '{subnet}' does not exist"
            )


def _denied(config: Mapping[str, Any], allowed: Callable[[str, str], bool]) -> Iterator[str]:
    here = f"arn:aws:ec2:{get_region()}:{get_account_id()}"
    where = [f"{here}:subnet/{each}" for each in config["SubnetIds"]]
    where += [f"{here}:security-group/{each}" for each in config.get("SecurityGroupIds", ())]
    calls = [(action, "*") for action in _READS]
    calls += [(action, f"{here}:network-interface/*") for action in _ON_INTERFACES]
    calls += [("CreateNetworkInterface", each) for each in where]
    for action, arn in calls:
        if not allowed(f"ec2:{action}", arn):
            yield (f"The provided execution role does not have permissions to call {action} on EC2")
