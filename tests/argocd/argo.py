"""Argo: a real Argo CD beside a sandbox, the git repository it follows, and what it says."""

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

ARGOCD = Path(os.environ.get("DATAFLOWXPRESS_ARGOCD", "")).resolve()  # the command that runs one
HOME = "argocd"  # the namespace
SECONDS = 120.0
AUTHOR = ("-c", "user.name=test", "-c", "user.email=test@example.com")


def cli(*arguments: str) -> str:
    """Return what Argo CD's own command line prints."""
    return subprocess.run(
        [ARGOCD, "cli", *arguments], check=True, capture_output=True, text=True
    ).stdout


@dataclass(frozen=True)
class Repository:
    """A git repository of manifests, one document a file."""

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
        """Undo the last commit by another."""
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
    """What Argo CD says of an Application at one moment."""

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
    """What somebody did, or what was said after it."""

    seconds: float
    said: Said | None
    done: str = ""


@dataclass
class History:
    """What happened, and what Argo CD said, in the order of time."""

    began: float = field(default_factory=time.monotonic)
    moments: list[Moment] = field(default_factory=list)

    def add(self, said: Said | None = None, done: str = "") -> None:
        self.moments.append(Moment(time.monotonic() - self.began, said, done))

    def table(self) -> Iterator[str]:
        """Yield the lines of a table."""
        yield f"{'seconds':>7}  {'sync':<10} {'health':<12} what happened, and health of pipelines"
        for seconds, said, done in self.moments:
            yield f"{seconds:7.1f}  {said or '':<24}{done}".rstrip()


@dataclass
class Argo:
    """Argo CD, as somebody sees it who has kubectl and git."""

    user: User
    repository: Repository
    history: History = field(default_factory=History)

    def application(self, name: str, path: str, *options: str, **annotations: str) -> None:
        """Follow a folder of the repository, and make the cluster equal to it."""
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
                        # Without a garbage collector nothing is ever deleted in the foreground.
                        "syncOptions": ["PrunePropagationPolicy=background", *options],
                        # Or a commit waits until all tries of the one before are used up.
                        "retry": {"limit": 5, "refresh": True, "backoff": {"duration": "1s"}},
                    },
                },
            },
            namespace=HOME,
            field_manager="test",
            force_conflicts=True,
        )

    def look(self, name: str) -> None:
        """Have it look at git and cluster now."""
        body = {"metadata": {"annotations": {"argocd.argoproj.io/refresh": "hard"}}}
        merge = "application/merge-patch+json"
        self._kind.patch(name=name, namespace=HOME, body=body, content_type=merge)

    def compared(self, name: str) -> None:
        """Have it compared with git, and wait until that is done."""
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
                pytest.fail(f"{name} is still there: {said}")
            time.sleep(0.2)

    @contextmanager
    def recording(self, name: str) -> Iterator[list[Said]]:
        """Keep all that is said of an Application, in the order in which it is said."""
        seen: list[Said] = []
        over = threading.Event()

        def record() -> None:
            while not over.is_set():
                with suppress(ApiException):  # it is not there yet, or no longer
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
