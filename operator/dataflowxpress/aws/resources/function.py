"""Lambda function: packaged Python code that messages of a queue invoke."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dataflowxpress.api.resource_id import Key
from dataflowxpress.aws.paging import pages
from dataflowxpress.planning.diff import Sensitive
from dataflowxpress.planning.resource import Resource, State, Tags

from .log_group import LogGroup
from .role import Role

CODE = "CodeSha256"


@dataclass(frozen=True, kw_only=True)
class Function(Resource):
    """A function that writes JSON logs to a log group of the pipeline.

    It has no environment variables. Lambda can decrypt them only with the role of the time when
    they were set: after the role was deleted and created again, every invocation would fail.
    """

    service = "lambda"
    arn_format = "arn:{partition}:lambda:{region}:{account}:function:{name}"
    modified = "LastModified"
    asynchronous = True
    lists = True
    unlisted = frozenset({"State", "LastUpdateStatus"})

    role: Role
    log_group: LogGroup
    handler: str
    code: bytes = field(repr=False)  # a zip file
    runtime: str = "python3.13"
    timeout: int = 60  # seconds
    memory: int = 256  # MB
    subnet_ids: tuple[str, ...] = ()  # empty: outside of a VPC
    security_group_ids: tuple[str, ...] = ()

    def desired(self) -> State:
        return {
            "Role": self.role.arn,
            "Handler": self.handler,
            "Runtime": self.runtime,
            "Timeout": self.timeout,
            "MemorySize": self.memory,
            "Environment": {"Variables": Sensitive()},
            "LoggingConfig": {"LogFormat": "JSON", "LogGroup": self.log_group.name},
            "VpcConfig": _network(self.subnet_ids, self.security_group_ids),
            CODE: base64.b64encode(hashlib.sha256(self.code).digest()).decode(),
        }

    @staticmethod
    def read(lambda_: Any, name: str) -> State:
        return _state(lambda_.get_function_configuration(FunctionName=name))

    @staticmethod
    def list_all(lambda_: Any) -> Iterator[Mapping[Key, State]]:
        for page in pages(lambda_, "list_functions"):
            yield {(each["FunctionName"],): _state(each) for each in page["Functions"]}

    def create(self, lambda_: Any, want: State, tags: Tags) -> State:
        created: State = lambda_.create_function(
            FunctionName=self.name,
            Code={"ZipFile": self.code},
            Tags=dict(tags),
            **_configuration(want),
        )
        return created

    def update(self, lambda_: Any, want: State, changed: frozenset[str]) -> State:
        """Update code and configuration; the second call must wait until the first is applied."""
        if CODE in changed:
            updated: State = lambda_.update_function_code(FunctionName=self.name, ZipFile=self.code)
        if changed == {CODE}:
            return updated
        if CODE in changed:
            applied = lambda_.get_waiter("function_updated_v2")
            applied.wait(FunctionName=self.name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
        changed_by: State = lambda_.update_function_configuration(
            FunctionName=self.name, **_configuration(want)
        )
        return changed_by

    @staticmethod
    def delete(lambda_: Any, name: str) -> None:
        lambda_.delete_function(FunctionName=name)

    @staticmethod
    def is_in_progress(have: State) -> bool:
        """Return whether an update is in progress; `Inactive` is the state of an idle function."""
        return have.get("State") == "Pending" or have.get("LastUpdateStatus") == "InProgress"

    @staticmethod
    def waits_for(have: State) -> str:
        if "Failed" in (have.get("State"), have.get("LastUpdateStatus")):
            reason = have.get("StateReason") or have.get("LastUpdateStatusReason")
            return str(reason or "failed, and Lambda reports no reason")
        return "is being updated by Lambda" if Function.is_in_progress(have) else ""


def _state(function: State) -> State:
    given = function.get("VpcConfig") or {}
    network = _network(given.get("SubnetIds", ()), given.get("SecurityGroupIds", ()))
    return {"Environment": {"Variables": {}}, **function, "VpcConfig": network}


def _network(subnets: Iterable[str], security_groups: Iterable[str]) -> State:
    """Return the configuration of a VPC; without subnets, a function is outside of a VPC."""
    return {"SubnetIds": sorted(subnets), "SecurityGroupIds": sorted(security_groups)}


def _configuration(want: State) -> dict[str, Any]:
    return {name: value for name, value in want.items() if name != CODE}
