"""A live pipeline: a real API server, an AWS with IAM enforced, and an operator without kopf."""

from __future__ import annotations

import json
import re
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from kubernetes import config
from kubernetes.client import ApiClient, ApiException, CoreV1Api, CustomObjectsApi

from dataflowxpress.api.spec import GROUP, KIND, PLURAL, VERSION
from dataflowxpress.api.status import Status
from dataflowxpress.aws import clients
from dataflowxpress.aws.at_rest import AtRest
from dataflowxpress.aws.queue_urls import queue_url
from dataflowxpress.aws.snapshot import TAGGING
from dataflowxpress.aws.tags import TAGGERS
from dataflowxpress.controller.reconciler import Reconciler
from dataflowxpress.controller.result import Result
from dataflowxpress.controller.tenancy import OPEN, TenantPolicy
from dataflowxpress.kube.client import Cluster
from dataflowxpress.planning.ownership import OWNER_TAG
from dataflowxpress_sandbox import aws as sandbox_aws
from dataflowxpress_sandbox.aws.serving import RunningAws, serving
from dataflowxpress_sandbox.demo.leftovers import leftovers
from tests.contract.conftest import READS
from tests.fresh_clients import fresh_clients

if TYPE_CHECKING:
    from pathlib import Path

NAMESPACE = "default"
FINALIZER = f"{GROUP}/finalizer"
SERVICES = {"sts", TAGGING, "lakeformation", *TAGGERS}
TIMEOUT = 180  # seconds for AWS to set a function up, on a machine with much else to do
POLL = 0.2  # seconds between looks at what AWS is still at
NAMING = re.compile("name|key|arn|rule|url|bucket|endpoint", re.IGNORECASE)


class Killed(BaseException):
    """The operator's process is gone, at once and without a word."""


@dataclass
class Wire:
    """Every call to AWS and every write to the API server, and where the operator is to die.

    A call is known by its operation and what it is about; the second such call by `#2`.
    """

    calls: list[str] = field(default_factory=list)
    deadly: str | None = None  # the call after which, and before whose answer, it dies
    _dead: bool = False
    _seen: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def attach(self, client: Any) -> None:
        client.meta.events.register("before-parameter-build", self._asked)
        client.meta.events.register("after-call", self._answered)

    def restart(self, deadly: str | None = None) -> None:
        """Forget everything, as a new process does, and plan the next death."""
        self.calls, self.deadly, self._dead, self._seen = [], deadly, False, Counter()

    def note(self, call: str) -> str:
        """Record a call under a label of its own; a dead process makes none."""
        with self._lock:
            if self._dead:
                raise Killed
            self._seen[call] += 1
            label = call if self._seen[call] == 1 else f"{call} #{self._seen[call]}"
            self.calls.append(label)
            return label

    def answer(self, label: str) -> None:
        """Let the answer through, or die before it arrives."""
        with self._lock:
            self._dead = self._dead or label == self.deadly
            if self._dead:
                raise Killed

    def _asked(
        self, params: Mapping[str, Any], model: Any, context: dict[str, Any], **_: Any
    ) -> None:
        context["label"] = self.note(f"{model.name} {_about(params)}".strip())

    def _answered(self, context: Mapping[str, Any], **_: Any) -> None:
        self.answer(context["label"])

    @property
    def writes(self) -> list[str]:
        """The calls that change something in AWS."""
        return [call for call in self.calls if not call.startswith((*READS, "status"))]


def _about(params: Mapping[str, Any]) -> str:
    about = {name: value for name, value in params.items() if name != "ExpectedBucketOwner"}
    named = {name: value for name, value in about.items() if NAMING.search(name)}
    flat = {**named, "Protocol": params.get("Protocol", "")}
    return " ".join(value for value in flat.values() if isinstance(value, str) and value)


class Watched(Cluster):
    """A cluster whose writes are on the wire, too."""

    def __init__(self, client: ApiClient, wire: Wire) -> None:
        super().__init__(client)
        self._wire = wire

    def write_status(self, namespace: str, name: str, status: Status) -> None:
        label = self._wire.note("status")
        super().write_status(namespace, name, status)
        self._wire.answer(label)


@dataclass
class World:
    """A cluster and an AWS, as an administrator of both sees them, and one operator in between."""

    api: ApiClient
    aws: RunningAws
    wire: Wire
    rules: TenantPolicy = OPEN  # of the next operator that is started
    at_rest: AtRest | None = None  # also of the next one
    operator: Reconciler = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def connect(self) -> None:
        """Make new clients of AWS, as a new process does, and see what they call."""
        clients.clients.cache_clear()
        for service in SERVICES:
            self.wire.attach(clients.clients(None, None)(service))

    def restart(self, deadly: str | None = None) -> None:
        """Start a new operator, which remembers nothing; see `Wire.deadly`."""
        self.wire.restart(deadly)
        queue_url.cache_clear()
        self.operator = Reconciler(
            Watched(self.api, self.wire), tenant_policy=self.rules, at_rest=self.at_rest
        )

    def admin(self, service: str) -> Any:
        return self.aws.client(service)

    def everything(self) -> set[str]:
        """Return all that there is in AWS, whoever made it."""
        return set(leftovers(self.admin))

    def role_elsewhere(self, name: str) -> str:
        """Make a role for `spec.roleArn` that has the operator's rights; return its ARN."""
        iam, operator = self.admin("iam"), sandbox_aws.OPERATOR
        user = f"arn:aws:iam::{sandbox_aws.ACCOUNT}:user/{operator}"
        assume = ["sts:AssumeRole", "sts:TagSession"]
        trust = {"Effect": "Allow", "Principal": {"AWS": user}, "Action": assume}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]
        optional = (
            *(sandbox_aws.ENCRYPTION, sandbox_aws.SECURITY),
            *(sandbox_aws.NETWORK, sandbox_aws.ACCESS_LOGS),
        )
        for policy in (operator, *optional):
            may = iam.get_user_policy(UserName=operator, PolicyName=policy)["PolicyDocument"]
            iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(may))
        sandbox_aws.make_administrator(self.aws, role["Arn"])
        return str(role["Arn"])

    def key(self, *statements: Mapping[str, Any]) -> str:
        """Make a KMS key whose policy admits the account, and what *statements* do."""
        account = {"AWS": f"arn:aws:iam::{sandbox_aws.ACCOUNT}:root"}
        users = {"Effect": "Allow", "Principal": account, "Action": "kms:*", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [users, *statements]})
        return str(self.admin("kms").create_key(Policy=document)["KeyMetadata"]["Arn"])

    def log_bucket(self, *, admits: bool = True, of: str = sandbox_aws.ACCOUNT) -> str:
        """Make a bucket for access logs of account *of*, which admits S3 if *admits*."""
        s3, name = self.admin("s3"), f"access-logs-{uuid.uuid4().hex[:8]}"
        where = {"LocationConstraint": sandbox_aws.REGION}
        s3.create_bucket(Bucket=name, CreateBucketConfiguration=where)
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "logging.s3.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": f"arn:aws:s3:::{name}/*",
            "Condition": {"StringEquals": {"aws:SourceAccount": of}},
        }
        if admits:
            document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            s3.put_bucket_policy(Bucket=name, Policy=document)
        return name

    def subnet(self) -> tuple[str, str]:
        """Return the IDs of a subnet and of a security group of the account."""
        ec2 = self.admin("ec2")
        subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
        return subnet, ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]

    def config_map(self, name: str, **data: str) -> None:
        core = CoreV1Api(self.api)
        body: Any = {"metadata": {"name": name}, "data": data}
        try:
            core.create_namespaced_config_map(NAMESPACE, body)
        except ApiException as error:
            if error.status != 409:
                raise


@dataclass
class Life:
    """One pipeline from its creation to its end."""

    world: World
    name: str
    spec: Mapping[str, Any] = field(default_factory=dict)  # as it was last accepted

    @property
    def _objects(self) -> Any:
        return CustomObjectsApi(self.world.api)

    @property
    def _where(self) -> tuple[str, ...]:
        return (GROUP, VERSION, NAMESPACE, PLURAL)

    @property
    def owner(self) -> str:
        return f"{NAMESPACE}/{self.name}"

    def create(self, spec: Mapping[str, Any], *, dry: bool = False) -> None:
        """Create it, or only have the API server say whether that would do."""
        body = {
            "apiVersion": f"{GROUP}/{VERSION}",
            "kind": KIND,
            "metadata": {"name": self.name, "finalizers": [FINALIZER]},
            "spec": spec,
        }
        only = {"dry_run": "All"} if dry else {}
        self._objects.create_namespaced_custom_object(*self._where, body, **only)
        self.spec = spec

    def change(self, spec: Mapping[str, Any]) -> None:
        """Replace the spec; raises ApiException where the API server refuses it."""
        self._patch({"op": "add", "path": "/spec", "value": spec})
        self.spec = spec

    def claim(self, *resources: Mapping[str, Any]) -> None:
        """Add resources to the inventory in the status, as whoever may write the status can."""
        entries = [*(self.body.get("status") or {}).get("resources", ()), *resources]
        self._objects.patch_namespaced_custom_object_status(
            *self._where,
            self.name,
            {"status": {"resources": entries}},
            _content_type="application/merge-patch+json",
        )

    def annotate(self, **annotations: str) -> None:
        spelled = {f"{GROUP}/{name.replace('_', '-')}": v for name, v in annotations.items()}
        self._patch({"op": "add", "path": "/metadata/annotations", "value": spelled})

    def _patch(self, *operations: Mapping[str, Any]) -> None:
        self._objects.patch_namespaced_custom_object(
            *self._where, self.name, list(operations), _content_type="application/json-patch+json"
        )

    @property
    def body(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._objects.get_namespaced_custom_object(
            *self._where, self.name
        )
        return found

    @property
    def status(self) -> Status:
        return Status.model_validate(self.body.get("status") or {})

    def reconcile(self) -> Result:
        """Reconcile once; whatever is wrong has to stand in the report."""
        report = self.world.operator.reconcile(NAMESPACE, self.name)
        assert report is not None
        return report

    def poll(self) -> Result:
        """Poll the data once."""
        report = self.world.operator.poll(NAMESPACE, self.name)
        assert report is not None
        return report

    def converge(self) -> Result:
        """Reconcile until it is settled and nothing is left to do."""
        deadline, wire = time.monotonic() + TIMEOUT, self.world.wire
        while True:
            done = len(wire.writes)
            report = self.reconcile()
            if report.success and wire.writes[done:] == []:
                return report
            assert time.monotonic() < deadline, (wire.writes[done:], said(report.status))
            time.sleep(0 if wire.writes[done:] else POLL)

    def delete(self) -> None:
        """Ask for the deletion, as `kubectl delete` does."""
        self._objects.delete_namespaced_custom_object(*self._where, self.name)

    def end(self) -> None:
        """Let the operator delete until it is done, and the object go."""
        deadline, operator = time.monotonic() + TIMEOUT, self.world.operator
        while (report := operator.delete(NAMESPACE, self.name)) and not report.success:
            assert time.monotonic() < deadline, said(report.status)
            time.sleep(POLL)
        self.release()

    def release(self) -> None:
        """Take the finalizer away, as the worker does when a deletion is settled."""
        self._patch({"op": "remove", "path": "/metadata/finalizers"})

    def owned(self) -> set[str]:
        """Return the ARNs of all that carries the pipeline's tag."""
        pages = self.world.admin(TAGGING).get_paginator("get_resources")
        mine = [{"Key": OWNER_TAG, "Values": [self.owner]}]
        return {
            found["ResourceARN"]
            for page in pages.paginate(TagFilters=mine)
            for found in page["ResourceTagMappingList"]
        }


def said(status: Status) -> str:
    """Return a status as text, for failures."""
    lines = [line for line in status.resources if line.state != "Ready"]
    reported = {"conditions": status.conditions, "resources": lines, "drift": status.drift}
    return json.dumps(reported, default=lambda model: model.model_dump(), indent=1)


@pytest.fixture(scope="package")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAws]:
    """An AWS for the walks, which compare all that is in it before and after."""
    with serving(tmp_path_factory.mktemp("walks")) as running:
        yield running


@pytest.fixture(scope="module")
def world(cluster: Path, aws: RunningAws) -> Iterator[World]:
    """A world whose operator has the rights that we ship, and no others."""
    with world_on(cluster, aws) as world:
        yield world


@contextmanager
def world_on(cluster: Path, aws: RunningAws) -> Iterator[World]:
    """Have an operator work on *aws* with the rights that we ship, for the length of a block."""
    with (
        pytest.MonkeyPatch.context() as patched,
        config.new_client_from_config(str(cluster)) as api,
        fresh_clients(patched, sandbox_aws.operator_environment(aws.port)),
    ):
        for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
            patched.setenv(name, "/dev/null")
        world = World(api, aws, Wire())
        world.connect()
        yield world


@pytest.fixture
def life(world: World) -> Life:
    """A pipeline that is not there yet; the test that creates it also ends it."""
    return new_life(world)


@pytest.fixture
def ending(life: Life) -> Iterator[Life]:
    """A pipeline that ends after the test, and then owns nothing."""
    yield life
    life.delete()
    life.end()
    assert life.owned() == set()


def new_life(world: World) -> Life:
    """Return a pipeline of a name of its own, which is not there yet."""
    return Life(world, f"w-{uuid.uuid4().hex[:8]}")
