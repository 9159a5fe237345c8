"""IAM role: the permissions that an AWS service has on the pipeline's behalf."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.exceptions import ClientError

from dataflowxpress.api.errors import NotVisible
from dataflowxpress.api.resource_id import Id, Key
from dataflowxpress.aws.error_classes import ErrorClass
from dataflowxpress.aws.errors import classify, describe
from dataflowxpress.aws.paging import pages
from dataflowxpress.aws.tags import pairs, unpair
from dataflowxpress.planning.resource import Resource, State, Tags

from .grant import Grant, without
from .policy import Statement, as_read, policy

POLICY = "pipeline"
PAGE = 500  # roles in one answer, which has all policies in full
FIRST_PAGE = 100  # roles in the answer for one pipeline: a second of AWS, and up to a megabyte
YOUNG = timedelta(seconds=60)  # IAM takes some seconds to apply the tags of a new role


@dataclass(frozen=True, kw_only=True)
class Role(Resource):
    """A role that one service can assume, with one inline policy."""

    service = "iam"
    arn_format = "arn:{partition}:iam::{account}:role/{name}"
    calls = 4
    lists = True
    lists_first = True
    reads_tags = True
    critical = True

    trusted: str  # a service principal
    grants: tuple[Grant, ...]
    permissions_boundary: str = ""

    @property
    def statements(self) -> tuple[Statement, ...]:
        """The statements of the role's policy."""
        return tuple(grant.statement for grant in self.grants)

    @property
    def names(self) -> Iterator[Resource]:
        for grant in self.grants:
            yield from grant.names

    def narrowed(self, have: State, foreign: frozenset[Id]) -> Role | None:
        refused = [named for named in self.names if named.id in foreign]
        arns = {arn for named in refused for grant in self.grants for arn in grant.arns_of(named)}
        folders = tuple(f"{named.arn}/" for named in refused)
        existing = have["Policy"]["Statement"] if have["Policy"] else []
        kept = [
            without(statement, lambda arn: arn in arns or arn.startswith(folders))
            for statement in existing
        ]
        grants = tuple(grant for grant in kept if grant)
        if policy(grant.statement for grant in grants)["Statement"] == existing:
            return None
        return replace(self, grants=grants)

    def desired(self) -> State:
        trust = {
            "Effect": "Allow",
            "Principal": {"Service": self.trusted},
            "Action": "sts:AssumeRole",
            # AWS does not document for Lambda and Glue that they send the account: see ADR 61.
            "Condition": {"StringEqualsIfExists": {"aws:SourceAccount": self.scope.account}},
        }
        return {
            "AssumeRolePolicyDocument": policy([trust]),
            "Policy": policy(self.statements),
            "PermissionsBoundary": self.permissions_boundary,
            "OtherPolicies": [],
        }

    def unadoptable(self, have: State) -> str:
        """Return the policies that a role to be adopted has besides the operator's own.

        The operator would remove them, and code that already uses the role may need them.
        """
        if not (others := have["OtherPolicies"]):
            return ""
        return (
            f"has other policies: {', '.join(others)}; detach and delete them, or choose a name"
            " whose role does not exist"
        )

    @staticmethod
    def read(iam: Any, name: str) -> State:
        role = iam.get_role(RoleName=name)["Role"]
        return {
            "AssumeRolePolicyDocument": as_read(role["AssumeRolePolicyDocument"]),
            "Policy": _read_policy(iam, name),
            "PermissionsBoundary": _boundary_of(role),
            "OtherPolicies": [*_attached(iam, name), *_other_inline(iam, name)],
            "Tags": unpair(role.get("Tags", ())),
        }

    @staticmethod
    def list_all(iam: Any) -> Iterator[Mapping[Key, State]]:
        details = pages(iam, "get_account_authorization_details", Filter=["Role"], MaxItems=PAGE)
        yield from map(_states, details)

    @staticmethod
    def list_first(iam: Any) -> tuple[Mapping[Key, State], bool]:
        page = iam.get_account_authorization_details(Filter=["Role"], MaxItems=FIRST_PAGE)
        return _states(page), not page["IsTruncated"]

    def create(self, iam: Any, want: State, tags: Tags) -> None:
        boundary = want["PermissionsBoundary"]
        iam.create_role(
            RoleName=self.name,
            AssumeRolePolicyDocument=json.dumps(want["AssumeRolePolicyDocument"]),
            Tags=pairs(tags),
            **({"PermissionsBoundary": boundary} if boundary else {}),
        )
        self.update(iam, want, frozenset({"Policy"}))

    def update(self, iam: Any, want: State, changed: frozenset[str]) -> None:
        with _visible_tags(iam, self.name):
            self._change(iam, want, changed)

    def _change(self, iam: Any, want: State, changed: frozenset[str]) -> None:
        boundary = want["PermissionsBoundary"]
        if "PermissionsBoundary" in changed and boundary:  # first: PutRolePolicy may require it
            self._set_boundary(iam, boundary)
        elif "PermissionsBoundary" in changed:
            iam.delete_role_permissions_boundary(RoleName=self.name)
        if "AssumeRolePolicyDocument" in changed:
            trust = json.dumps(want["AssumeRolePolicyDocument"])
            iam.update_assume_role_policy(RoleName=self.name, PolicyDocument=trust)
        if "Policy" in changed:
            document = json.dumps(want["Policy"])
            iam.put_role_policy(RoleName=self.name, PolicyName=POLICY, PolicyDocument=document)
        if "OtherPolicies" in changed:
            _remove_policies(iam, self.name, _other_inline(iam, self.name))

    def _set_boundary(self, iam: Any, boundary: str) -> None:
        try:
            iam.put_role_permissions_boundary(RoleName=self.name, PermissionsBoundary=boundary)
        except ClientError as error:
            if classify(error) is ErrorClass.DENIED:
                error.add_note(
                    "an administrator must set the boundary of a role that exists: aws iam"
                    f" put-role-permissions-boundary --role-name {self.name}"
                    f" --permissions-boundary {boundary}"
                )
            raise

    @staticmethod
    def delete(iam: Any, name: str) -> None:
        _remove_policies(iam, name, _inline(iam, name))
        iam.delete_role(RoleName=name)


def _remove_policies(iam: Any, name: str, inline: Iterable[str]) -> None:
    """Detach all managed policies from a role, and delete these *inline* policies."""
    for managed in _attached(iam, name):
        iam.detach_role_policy(RoleName=name, PolicyArn=managed)
    for each in inline:
        iam.delete_role_policy(RoleName=name, PolicyName=each)


def _attached(iam: Any, name: str) -> list[str]:
    """Return the ARNs of the managed policies that are attached to a role."""
    found = pages(iam, "list_attached_role_policies", RoleName=name)
    return sorted(each["PolicyArn"] for page in found for each in page.get("AttachedPolicies", ()))


def _inline(iam: Any, name: str) -> list[str]:
    """Return the names of the inline policies of a role."""
    found = pages(iam, "list_role_policies", RoleName=name)
    return sorted(each for page in found for each in page["PolicyNames"])


def _other_inline(iam: Any, name: str) -> list[str]:
    return [each for each in _inline(iam, name) if each != POLICY]


def _read_policy(iam: Any, name: str) -> State | None:
    with suppress(iam.exceptions.NoSuchEntityException):
        answer = iam.get_role_policy(RoleName=name, PolicyName=POLICY)
        return as_read(answer["PolicyDocument"])
    return None


def _boundary_of(role: Mapping[str, Any]) -> str:
    return str(role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""))


def _states(page: Mapping[str, Any]) -> dict[Key, State]:
    return {(role["RoleName"],): _listed(role) for role in page.get("RoleDetailList", ())}


def _listed(role: Mapping[str, Any]) -> State:
    """Return the state of a role in the answer of GetAccountAuthorizationDetails."""
    inline = {each["PolicyName"]: each["PolicyDocument"] for each in role.get("RolePolicyList", ())}
    attached = sorted(each["PolicyArn"] for each in role.get("AttachedManagedPolicies", ()))
    others = sorted(name for name in inline if name != POLICY)
    return {
        "AssumeRolePolicyDocument": as_read(role["AssumeRolePolicyDocument"]),
        "Policy": as_read(inline[POLICY]) if POLICY in inline else None,
        "PermissionsBoundary": _boundary_of(role),
        "OtherPolicies": [*attached, *others],
        "Tags": unpair(role.get("Tags", ())),
    }


@contextmanager
def _visible_tags(iam: Any, name: str) -> Iterator[None]:
    """Raise NotVisible if AWS denies the change of a new role.

    The operator can change a role by its owner tag. While IAM does not apply the tags of a new
    role everywhere, it denies the change in the words of a missing permission.
    """
    try:
        yield
    except ClientError as error:
        if classify(error) is ErrorClass.DENIED and _is_young(iam, name):
            raise NotVisible(f"{describe(error)}; IAM may not apply the new tags yet") from error
        raise


def _is_young(iam: Any, name: str) -> bool:
    """Return whether a role is new, by the clock of AWS."""
    response = iam.get_role(RoleName=name)
    now = parsedate_to_datetime(response["ResponseMetadata"]["HTTPHeaders"]["date"])
    return bool(now - response["Role"]["CreateDate"] < YOUNG)
