"""Admission policies: the API server rejects specs that break a rule, and names a fix."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import config
from kubernetes.client import ApiException
from kubernetes.dynamic import DynamicClient

from dataflowxpress.api.spec import GROUP, KIND, VERSION, DataPipelineSpec
from dataflowxpress.controller.namespace_policy import EVERYTHING
from tests.chart.rendering import CHART, rendered

SECONDS = 30
ROLE = "arn:aws:iam::222222222222:role/data"
VALIDATION_RULES: dict[str, Any] = {
    "regions": ["eu-west-1", "eu-central-1"],
    "accountIds": ["111122223333"],
    "deletionPolicies": ["RetainData", "Retain"],
    "workerTypes": ["G.1X", "G.2X"],
    "maxWorkers": 10,
    "bucketPrefix": "acme-{namespace}-",
    "databasePrefix": "acme_",
    "namePrefix": "{namespace}-",
    "adopt": False,
    "customScripts": False,
    "requiredTags": ["team"],
    "emailDomains": ["example.com"],
    "kmsKey": True,
}
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1"
FINE: dict[str, Any] = {"bucket": {"kmsKeyArn": KEY}, "tags": {"team": "data"}}


@dataclass(frozen=True)
class Team:
    """A separate namespace; its label selects its policy."""

    client: DynamicClient
    namespace: str

    @classmethod
    def new(cls, client: DynamicClient) -> Team:
        name = f"team-{uuid.uuid4().hex[:8]}"
        body = {"metadata": {"name": name, "labels": {"policy": name}}}
        client.resources.get(api_version="v1", kind="Namespace").create(body=body)
        return cls(client, name)

    @property
    def pipelines(self) -> Any:
        return self.client.resources.get(api_version=f"{GROUP}/{VERSION}", kind=KIND)

    def create(self, *, dry: bool = True, **spec: Any) -> None:
        body = {
            "apiVersion": f"{GROUP}/{VERSION}",
            "kind": KIND,
            "metadata": {"name": "some"},
            "spec": spec,
        }
        how = {"dry_run": "All"} if dry else {}
        self.pipelines.create(body=body, namespace=self.namespace, **how)

    def change(self, **patch: Any) -> None:
        merge = "application/merge-patch+json"
        self.pipelines.patch(name="some", namespace=self.namespace, body=patch, content_type=merge)

    @contextmanager
    def under(self, **rules: Any) -> Iterator[None]:
        """Enforce rules; enter the block when the API server enforces them."""
        only = {"matchLabels": {"policy": self.namespace}}
        made = []
        policies = {self.namespace: {"namespaceSelector": only, "rules": rules}}
        for document in rendered("admission", admission={"policies": policies}):
            kind = self.client.resources.get(
                api_version=document["apiVersion"], kind=document["kind"]
            )
            made.append((kind, kind.create(body=document).metadata.name))
        self._wait_until_enforced()
        yield
        for kind, name in made:
            kind.delete(name=name)

    def _wait_until_enforced(self) -> None:
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            try:
                self.create(region="xx-nowhere-1", roleArn=ROLE)  # every policy here forbids this
            except ApiException as error:
                if "denied request" in (error.body or ""):
                    return
            time.sleep(0.1)
        pytest.fail(f"the policy is not enforced after {SECONDS} s")


@pytest.fixture(scope="module")
def client(cluster: Path) -> DynamicClient:
    return DynamicClient(config.new_client_from_config(str(cluster)))


@pytest.fixture
def team(client: DynamicClient) -> Team:
    return Team.new(client)


@pytest.fixture(scope="module")
def strict(client: DynamicClient) -> Iterator[Team]:
    """A team with a policy that contains every rule."""
    team = Team.new(client)
    with team.under(**VALIDATION_RULES):
        yield team


def test_there_are_no_policies_by_default() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    assert values["admission"]["policies"] == {}


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            {"region": "us-east-1"},
            "spec.region is us-east-1, which is not allowed here: choose eu-west-1 or eu-central-1",
        ),
        (
            {"accountId": "222222222222"},
            "spec.accountId is 222222222222, which is not allowed here: choose 111122223333",
        ),
        ({"roleArn": ROLE}, "spec.roleArn is in account 222222222222, which is not allowed here"),
        (
            {"deletionPolicy": "Delete"},
            "spec.deletionPolicy is Delete, which is not allowed here: choose RetainData or Retain",
        ),
        ({"job": {"workerType": "G.8X"}}, "spec.job.workerType is G.8X, which is not allowed"),
        ({"job": {"workers": 11}}, "spec.job.workers is 11: the limit is 10"),
        (
            {"bucket": {"name": "acme-other", "kmsKeyArn": KEY}},
            "spec.bucket.name is acme-other: it must begin with acme-{namespace}-",
        ),
        ({"catalog": {"database": "sales"}}, "it must begin with acme_"),
        ({"adopt": True}, "spec.adopt is not allowed here: leave it out"),
        ({"catalog": {"adopt": True}}, "spec.catalog.adopt is not allowed here"),
        ({"bucket": {"adopt": True, "kmsKeyArn": KEY}}, "spec.bucket.adopt is not allowed here"),
        ({"job": {"script": {"inline": "x"}}}, "spec.job.script is not allowed here: leave it out"),
        ({"tags": {}}, "spec.tags lacks the required tag team: add it"),
        ({"notifications": {"emails": ["a@b.org"]}}, "must contain only addresses at example.com"),
        ({"bucket": {}}, "spec.encryption.kmsKeyArn or spec.bucket.kmsKeyArn is required here"),
    ],
    ids=str,
)
def test_a_forbidden_value_is_rejected_with_field_and_fix(
    spec: dict[str, Any], message: str, strict: Team
) -> None:
    with pytest.raises(ApiException) as refused:
        strict.create(**FINE | spec)
    output = json.loads(refused.value.body or "")["message"]
    assert message.replace("{namespace}", strict.namespace) in output


USAGES = [usage.field for usage in EVERYTHING.of_spec(DataPipelineSpec())]


@pytest.mark.parametrize("field", [f for f in USAGES if f.endswith(".name") and f != "bucket.name"])
def test_a_required_prefix_applies_to_each_name_that_a_spec_can_choose(
    field: str, strict: Team
) -> None:
    spec: Any = "mine"
    for part in reversed(field.split(".")):
        spec = {part: spec}
    with pytest.raises(ApiException, match=f"spec.{field} is mine: it must begin with"):
        strict.create(**FINE | spec)


def test_an_allowed_spec_is_accepted(strict: Team) -> None:
    name = f"{strict.namespace}-orders"
    strict.create(
        **FINE,
        region="eu-central-1",
        accountId="111122223333",
        roleArn="arn:aws:iam::111122223333:role/data",
        catalog={"database": "acme_orders"},
        crawler={"name": name},
        functions={"startCrawler": {"name": name}},
        job={"workers": 10, "workerType": "G.2X", "script": {}},
        notifications={"emails": ["team@example.com"]},
    )
    strict.create(bucket={"name": f"acme-{name}", "kmsKeyArn": KEY}, tags={"team": "data"})


@pytest.mark.usefixtures("strict")
def test_a_policy_does_not_apply_to_other_namespaces(team: Team) -> None:
    team.create(region="us-east-1", deletionPolicy="Delete")


def test_an_empty_list_allows_no_value(team: Team) -> None:
    with team.under(roleArns=[]):
        team.create()
        with pytest.raises(ApiException, match="which is not allowed here: leave it out"):
            team.create(roleArn=ROLE)


def test_an_older_pipeline_can_still_be_reconciled_and_deleted(team: Team) -> None:
    team.create(dry=False, deletionPolicy="Delete")
    with team.under(deletionPolicies=["Retain"], regions=[]):
        team.change(metadata={"annotations": {"some": "thing"}, "finalizers": [f"{GROUP}/f"]})
        with pytest.raises(ApiException, match=r"spec\.deletionPolicy is Delete"):
            team.change(spec={"suspend": True})
        team.change(spec={"suspend": True, "deletionPolicy": "Retain"})
        team.pipelines.delete(name="some", namespace=team.namespace)
        team.change(metadata={"finalizers": None})
