"""Build: etcd and kube-apiserver from the Go modules that `go/go.mod` pins."""

from __future__ import annotations

import hashlib
import os
import platform
import re
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

from dataflowxpress_sandbox import cache, processes
from dataflowxpress_sandbox.errors import SandboxError
from dataflowxpress_sandbox.program import Program

from . import golang

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

_MODULES = Path(__file__).parent / "go"
_ETCD = "go.etcd.io/etcd/server/v3"
_APISERVER = "k8s.io/kubernetes/cmd/kube-apiserver"
_MESSAGES = 30
# The linker strips DWARF: a compiler that writes none needs 6 % less time for the same program.
_OPTIONS = ("-mod=readonly", "-trimpath", "-gcflags=all=-dwarf=false")
_STALE = "{{if .Stale}}{{.ImportPath}}{{end}}"  # the packages that no earlier build has compiled


def version() -> str:
    """Return the version of Kubernetes that is built, such as `v1.36.3`."""
    return _pinned(r"k8s\.io/kubernetes (v\S+)")


def entry() -> Path:
    """Return the folder of the cache that holds the two binaries once they have been built."""
    return cache.directory() / "bin" / _digest()


def build(folder: Path, show: Callable[[str], object], cancelled: Event) -> None:
    """Build both binaries into a folder; show how many packages of all are compiled.

    The caller holds the lock of `entry`. Raises SandboxError with Go's messages when the build
    fails, and `Cancelled` when that event is set.
    """
    major, minor = _pinned(r"^go (\d+\.\d+)").split(".")
    logs = cache.directory() / "build" / _digest()
    processes.stop(logs, timeout=0)  # of a killed build: this process holds the lock now
    go = golang.toolchain((int(major), int(minor)), show, cancelled)

    counter = Counter(show)

    def run(name: str, *arguments: str, on_line: Callable[[str], object]) -> None:
        argv = [go, "-C", str(_MODULES), *arguments, _APISERVER, _ETCD]
        if not Program(name, argv, logs, golang.ENVIRONMENT).run(cancelled, on_line):
            raise SandboxError(f"Kubernetes cannot be built from source:\n{counter.messages}")

    run("list", "list", "-deps", *_OPTIONS, "-f", _STALE, on_line=counter.expect)
    linker = f"-s -w -X k8s.io/component-base/version.gitVersion={version()}"
    options = ("-v", *_OPTIONS, "-buildvcs=false", "-ldflags", linker)
    run("go", "build", *options, "-o", f"{folder}{os.sep}", on_line=counter.compiled)
    (folder / "server").rename(folder / "etcd")  # Go names it after the last folder of its path


class Counter:
    """Counts the packages that Go compiles, from the output of `go list` and `go build -v`."""

    def __init__(self, show: Callable[[str], object]) -> None:
        self._show, self._modules = show, 0
        self._expected, self._done = set[str](), set[str]()
        self._messages = deque[str](maxlen=_MESSAGES)

    @property
    def messages(self) -> str:
        """The last lines that are no package: what Go reports about a failure."""
        return "\n".join(self._messages)

    def expect(self, line: str) -> None:
        """Take a line of `go list`: a package to compile, or a module that is downloaded first."""
        if line.startswith("go: downloading "):
            self._modules += 1
            self._show(f"{self._modules} Go modules downloaded")
        elif " " in line:
            self._messages.append(line)
        elif line:
            self._expected.add(line)

    def compiled(self, line: str) -> None:
        """Take a line of `go build -v`: a package whose compilation begins."""
        if line in self._expected:
            self._done.add(line)
            done, expected = len(self._done), len(self._expected)
            linking = ", linking" if done == expected else ""
            self._show(f"{done} of {expected} packages{linking}")
        else:
            self._messages.append(line)


def _digest() -> str:
    pins = [(_MODULES / name).read_bytes() for name in ("go.mod", "go.sum")]
    machine = f"{platform.system()} {platform.machine()}".encode()
    return hashlib.sha256(b"\0".join([*pins, machine])).hexdigest()[:16]


def _pinned(pattern: str) -> str:
    found = re.search(pattern, (_MODULES / "go.mod").read_text(), re.MULTILINE)
    if not found:
        raise SandboxError(f"{_MODULES / 'go.mod'} does not pin {pattern}.")
    return found[1]
