"""Refused writes: one write that the API server refuses leaves no pipeline behind."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes.client import ApiException

from dataflowxpress.api.spec import GROUP, KIND, VERSION
from tests.cluster.conftest import Operators, wait_for
from tests.e2e.conftest import NAMESPACE, User

NAME = "refused-once"
POLICIES = "admissionregistration.k8s.io/v1"
WORDS = "the finalizers are frozen"
SAME = "object.metadata.?finalizers.orValue([]) == oldObject.metadata.?finalizers.orValue([])"
POLICY: dict[str, Any] = {
    "failurePolicy": "Fail",
    "matchConstraints": {
        "resourceRules": [
            {
                "apiGroups": [GROUP],
                "apiVersions": [VERSION],
                "operations": ["UPDATE"],
                "resources": ["datapipelines"],
            }
        ]
    },
    "matchConditions": [{"name": "one", "expression": f"object.metadata.name == '{NAME}'"}],
    "validations": [{"expression": SAME, "message": WORDS}],
}

pytestmark = pytest.mark.long


@contextlib.contextmanager
def refusing(user: User) -> Iterator[None]:
    """Let the API server refuse each change of the finalizers of one pipeline."""
    meta = {"apiVersion": POLICIES, "metadata": {"name": "frozen"}}
    binding = {"policyName": "frozen", "validationActions": ["Deny"]}
    user.apply(
        {**meta, "kind": "ValidatingAdmissionPolicy", "spec": POLICY},
        {**meta, "kind": "ValidatingAdmissionPolicyBinding", "spec": binding},
    )
    try:
        wait_for(lambda: refuses(user), "in force")
        yield
    finally:
        for kind in ("ValidatingAdmissionPolicyBinding", "ValidatingAdmissionPolicy"):
            user.kind(kind, POLICIES).delete(name="frozen")


def refuses(user: User) -> bool:
    """Return whether a change of the finalizers would be refused now."""
    try:
        user.kind(KIND, f"{GROUP}/{VERSION}").patch(
            name=NAME,
            namespace=NAMESPACE,
            body={"metadata": {"finalizers": ["example.com/some"]}},
            content_type="application/merge-patch+json",
            dry_run="All",
        )
    except ApiException as error:
        return bool(error.status == 422)
    return False


@pytest.mark.extended
def test_a_refused_finalizer_is_added_later_and_a_refused_release_happens_later(
    user: User, start: Operators
) -> None:
    user.pipeline(NAME, bucket={"name": NAME}, deletionPolicy="Delete")
    with refusing(user):
        operator = start()
        wait_for(lambda: WORDS in operator.process.log.read_text(), "refused", operator.process)
        assert NAME not in {b["Name"] for b in user.aws("s3").list_buckets()["Buckets"]}
    user.ready(NAME, seconds=60)
    before = operator.process.log.read_text().count(WORDS)
    with refusing(user):
        user.delete(NAME)

        def refused_again() -> bool:
            return operator.process.log.read_text().count(WORDS) > before

        wait_for(refused_again, "refused again", operator.process)
        assert user.exists(NAME)
    wait_for(lambda: not user.exists(NAME), "gone", operator.process)
