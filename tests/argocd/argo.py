"""Argo: a real Argo CD with a sandbox, its git repository, and its reported states."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from kubernetes.client import ApiException

from dataflowxpress.api.spec import KIND
from tests.e2e.conftest import NAMESPACE, User

ARGOCD = Path(os.environ.get("DATAFLOWXPRESS_ARGOCD", "")).resolve()  # command that runs Argo CD
HOME = "argocd"  # namespace of Argo CD
SECONDS = 120.0
AUTHOR = ("-c", "user.name=test", "-c", "user.email=test@example.com")


def cli(*arguments: str) -> str:
    """Return the output of the Argo CD command line."""
    return subprocess.run(
        [ARGOCD, "cli", *arguments], check=True, capture_output=True, text=True
    ).stdout


@dataclass(frozen=True)
class Repository:
    """A git repository of manifests, one document per file."""

    directory: Path

    def commit(self, message: str, **files: Mapping[str, Any] | list[Any] | None) -> None:
        """Write these files, or remove those that are None, and commit."""
        for name, content in files.items():
            path = self.directory / f"{name.replace('__', '/')}.yaml"
            if content is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            documents = content if isinstance(content, list) else [content]
            path.write_text(yaml.safe_dump_all(documents, sort_keys=False))
        self._git("add", "--all")
        self._git(*AUTHOR, "commit", "--quiet", "--message", message)

    def revert(self) -> None:
        """Revert the last commit with a new commit."""
        self._git(*AUTHOR, "revert", "--no-edit", "HEAD")

    def _git(self, *arguments: str) -> None:
        subprocess.run(
            ["git", "-C", self.directory, *arguments], check=True, capture_output=True, text=True
        )

    @classmethod
    def new(cls, directory: Path) -> Repository:
        subprocess.run(["git", "init", "--quiet", "--initial-branch=main", directory], check=True)
        return cls(directory)


@dataclass(frozen=True)
class Said:
    """State of an Application at one time."""

    sync: str = "?"
    health: str = "?"
    resources: Mapping[str, str] = field(default_factory=dict)  # health of pipelines, by name
    message: str = ""

    def __str__(self) -> str:
        pipelines = "  ".join(f"{name}={health}" for name, health in self.resources.items())
        return f"{self.sync:<10} {self.health:<12} {pipelines}"

    def __format__(self, form: str) -> str:
        return format(str(self), form)


class Moment(NamedTuple):
    """A test action, or a state that followed it."""

    seconds: float
    said: Said | None
    done: str = ""


@dataclass
class History:
    """Actions and states in chronological order."""

    began: float = field(default_factory=time.monotonic)
    moments: list[Moment] = field(default_factory=list)

    def add(self, said: Said | None = None, done: str = "") -> None:
        self.moments.append(Moment(time.monotonic() - self.began, said, done))

    def table(self) -> Iterator[str]:
        """Yield the lines of a table of all entries."""
        yield f"{'seconds':>7}  {'sync':<10} {'health':<12} action, and health of pipelines"
        for seconds, said, done in self.moments:
            yield f"{seconds:7.1f}  {said or '':<24}{done}".rstrip()


@dataclass
class Argo:
    """Argo CD, as seen by a user with kubectl and git."""

    user: User
    repository: Repository
    history: History = field(default_factory=History)

    def application(self, name: str, path: str, *options: str, **annotations: str) -> None:
        """Create an Application that syncs a folder of the repository to the cluster."""
        self._kind.server_side_apply(
            body={
                "apiVersion": "argoproj.io/v1alpha1",
                "kind": "Application",
                "metadata": {
                    "name": name,
                    "namespace": HOME,
                    "annotations": {k.replace("__", "/"): v for k, v in annotations.items()},
                    "finalizers": ["resources-finalizer.argocd.argoproj.io/background"],
                },
                "spec": {
                    "project": "default",
                    "destination": {
                        "server": "https://kubernetes.default.svc",
                        "namespace": NAMESPACE,
                    },
                    "source": {
                        "repoURL": f"file://{self.repository.directory}",
                        "targetRevision": "main",
                        "path": path,
                    },
                    "syncPolicy": {
                        "automated": {"prune": True, "selfHeal": True},
                        # Foreground deletion needs a garbage collector, which is missing here.
                        "syncOptions": ["PrunePropagationPolicy=background", *options],
                        # Otherwise, a new commit waits until all retries are used.
                        "retry": {"limit": 5, "refresh": True, "backoff": {"duration": "1s"}},
                    },
                },
            },
            namespace=HOME,
            field_manager="test",
            force_conflicts=True,
        )

    def look(self, name: str) -> None:
        """Request a refresh from git and cluster now."""
        body = {"metadata": {"annotations": {"argocd.argoproj.io/refresh": "hard"}}}
        merge = "application/merge-patch+json"
        self._kind.patch(name=name, namespace=HOME, body=body, content_type=merge)

    def compared(self, name: str) -> None:
        """Request a comparison with git, and wait for its end."""
        before = self._compared_at(name)
        self.look(name)
        self.wait(name, lambda _: self._compared_at(name) != before, "compared")

    def _compared_at(self, name: str) -> str:
        status = self._kind.get(name=name, namespace=HOME).to_dict().get("status") or {}
        return str(status.get("reconciledAt"))

    def said(self, name: str) -> Said:
        found = self._kind.get(name=name, namespace=HOME).to_dict().get("status") or {}
        pipelines = {
            each["name"]: each.get("health") or {}
            for each in found.get("resources", ())
            if each["kind"] == KIND
        }
        return Said(
            sync=found.get("sync", {}).get("status", "?"),
            health=found.get("health", {}).get("status", "?"),
            resources={each: about.get("status", "-") for each, about in pipelines.items()},
            message="; ".join(
                about["message"] for about in pipelines.values() if about.get("message")
            ),
        )

    def wait(self, name: str, until: Callable[[Said], bool], what: str) -> Said:
        deadline = time.monotonic() + SECONDS
        while not until(said := self.said(name)):
            if time.monotonic() > deadline:
                status = self._kind.get(name=name, namespace=HOME).to_dict().get("status")
                pytest.fail(f"{name}: not {what}: {said}\n{yaml.safe_dump(status)}")
            time.sleep(0.2)
        return said

    def becomes(self, name: str, sync: str, health: str) -> Said:
        return self.wait(
            name, lambda said: (said.sync, said.health) == (sync, health), f"{sync} and {health}"
        )

    def gone(self, name: str) -> None:
        self._kind.delete(name=name, namespace=HOME)
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                said = self.said(name)
            except ApiException:
                return
            if time.monotonic() > deadline:
                pytest.fail(f"{name} still exists: {said}")
            time.sleep(0.2)

    @contextmanager
    def recording(self, name: str) -> Iterator[list[Said]]:
        """Record all states of an Application in order."""
        seen: list[Said] = []
        over = threading.Event()

        def record() -> None:
            while not over.is_set():
                with suppress(ApiException):  # it does not exist yet, or no longer
                    if not seen or self.said(name) != seen[-1]:
                        seen.append(self.said(name))
                        self.history.add(said=seen[-1])
                over.wait(0.1)

        thread = threading.Thread(target=record)
        thread.start()
        try:
            yield seen
        finally:
            over.set()
            thread.join()

    @property
    def _kind(self) -> Any:
        return self.user.kind("Application", "argoproj.io/v1alpha1")
