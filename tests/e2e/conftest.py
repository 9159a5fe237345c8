"""A whole sandbox with the operator in it, and a user's view of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import config
from kubernetes.dynamic import DynamicClient

from dataflowxpress.api.spec import GROUP, KIND, VERSION
from dataflowxpress.api.status import Status
from dataflowxpress_sandbox.aws import Aws, mail
from dataflowxpress_sandbox.sandbox import Sandbox
from tests.rates import OPTIONS

NAMESPACE = "default"


class QuickSandbox(Sandbox):
    """A sandbox whose operator waits for no token."""

    operator = (*Sandbox.operator, *OPTIONS)


@dataclass(frozen=True)
class User:
    """Somebody with kubectl, the AWS command line and a mailbox."""

    sandbox: Sandbox
    dynamic: DynamicClient

    @classmethod
    @contextmanager
    def of_a_sandbox(cls, folder: Path) -> Iterator[User]:
        """Bring up a sandbox in *folder* for the length of a `with` block."""
        sandbox = QuickSandbox(folder / "sandbox")
        with sandbox.running():
            client = config.new_client_from_config(str(sandbox.kubeconfig))
            yield cls(sandbox, DynamicClient(client))

    @property
    def directory(self) -> Path:
        return self.sandbox.directory

    def kind(self, name: str, version: str) -> Any:
        return self.dynamic.resources.get(api_version=version, kind=name)

    def apply(self, *documents: dict[str, Any]) -> None:
        for document in documents:
            kind = self.kind(document["kind"], document["apiVersion"])
            kind.server_side_apply(
                body=document, namespace=NAMESPACE, field_manager="test", force_conflicts=True
            )

    def pipeline(
        self, name: str, *, annotations: dict[str, str] | None = None, **spec: Any
    ) -> None:
        """Apply a DataPipeline, with these annotations and no others of ours."""
        self.apply(
            {
                "apiVersion": f"{GROUP}/{VERSION}",
                "kind": KIND,
                "metadata": {"name": name, "annotations": annotations or {}},
                "spec": spec,
            }
        )

    def patch(self, name: str, change: dict[str, Any]) -> None:
        """Merge a change into a DataPipeline."""
        self.kind(KIND, f"{GROUP}/{VERSION}").patch(
            name=name,
            namespace=NAMESPACE,
            body=change,
            content_type="application/merge-patch+json",
        )

    def get(self, name: str) -> dict[str, Any]:
        found = self.kind(KIND, f"{GROUP}/{VERSION}").get(name=name, namespace=NAMESPACE)
        return dict(found.to_dict())

    def status(self, name: str) -> Status:
        return Status.model_validate(self.get(name).get("status") or {})

    def delete(self, name: str) -> None:
        self.kind(KIND, f"{GROUP}/{VERSION}").delete(name=name, namespace=NAMESPACE)

    def all(self) -> list[dict[str, Any]]:
        found = self.kind(KIND, f"{GROUP}/{VERSION}").get(namespace=NAMESPACE)
        return list(found.to_dict()["items"])

    def names(self) -> set[str]:
        return {item["metadata"]["name"] for item in self.all()}

    def exists(self, name: str) -> bool:
        return name in self.names()

    def aws(self, service: str) -> Any:
        return _client(service, self.cloud.port)

    @property
    def cloud(self) -> Aws:
        """The emulated AWS."""
        return Aws(int(self.sandbox.env()["AWS_ENDPOINT_URL"].rpartition(":")[2]))

    def wait(self, name: str, until: Callable[[Status], bool], seconds: float, what: str) -> Status:
        """Return the status of a pipeline once *until* holds; fail and say how it was instead."""
        deadline = time.monotonic() + seconds
        while not until(status := self.status(name)):
            if time.monotonic() > deadline:
                message = yaml.safe_dump(status.as_json(), sort_keys=False)
                pytest.fail(f"{name}: not {what} within {seconds:.0f} s:\n{message}")
            time.sleep(0.2)
        return status

    def mail(self, reader: str, subject: str, seconds: float = 120) -> mail.Mail:
        """Return the mail to *reader* whose subject begins so, once it is there."""
        deadline = time.monotonic() + seconds
        while True:
            mails = [each for each in mail.mails(self.directory) if reader in each.to]
            if found := [each for each in mails if each.subject.startswith(subject)]:
                return found[0]
            if time.monotonic() > deadline:
                message = [each.subject for each in mails]
                pytest.fail(
                    f"no mail {subject!r} to {reader} within {seconds:.0f} s, but {message}"
                )
            time.sleep(0.2)

    def ready(self, name: str, seconds: float = 30) -> Status:
        return self.wait(name, lambda s: holds(s, "Ready"), seconds, "ready")

    def gone(self, name: str, seconds: float = 60) -> None:
        """Delete a pipeline and wait until it is gone."""
        self.delete(name)
        deadline = time.monotonic() + seconds
        while self.exists(name):
            if time.monotonic() > deadline:
                pytest.fail(f"{name}: not deleted within {seconds:.0f} s: {self.status(name)}")
            time.sleep(0.2)


def holds(status: Status, condition: str) -> bool:
    return status.holds(condition)


def says(reason: str) -> Callable[[Status], bool]:
    """Return whether a status gives *reason* for any condition."""

    def message(status: Status) -> bool:
        return reason in {condition.reason for condition in status.conditions}

    return message


@cache
def _client(service: str, port: int) -> Any:
    return Aws(port).client(service)


@pytest.fixture(scope="package")
def user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    """Somebody who works with a sandbox of the session's own."""
    with User.of_a_sandbox(tmp_path_factory.mktemp("e2e")) as user:
        yield user
