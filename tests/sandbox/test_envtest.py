"""The download of the published binaries, from a server on the loopback in every case."""

from __future__ import annotations

import contextlib
import hashlib
import platform
import re
import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest

from dataflowxpress_sandbox.kube import build, download, envtest
from dataflowxpress_sandbox.kube.download import Unavailable
from dataflowxpress_sandbox.parallel import Cancelled
from tests.sandbox.publisher import BINARIES, HOST, Publisher, archive_of, path_of, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PATH = path_of("v1.2.3", "linux-amd64")


@pytest.fixture
def server() -> Iterator[Publisher]:
    with serving() as publisher:
        yield publisher


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine of a known platform, with a cache of its own and without a proxy."""
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(envtest.MIRROR, raising=False)
    for name in ("http_proxy", "https_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def release(url: str, content: bytes) -> envtest.Release:
    return envtest.Release("v1.2.3", url, {"linux-amd64": hashlib.sha512(content).hexdigest()})


def ignore(_: str) -> None:
    pass


def fetch(chosen: envtest.Release, folder: Path, show: Callable[[str], None] = ignore) -> None:
    folder.mkdir(exist_ok=True)
    chosen.fetch(folder, show, threading.Event())


def test_the_pins_are_whole() -> None:
    pinned = envtest.release()

    assert re.fullmatch(r"v\d+\.\d+\.\d+", pinned.version)
    assert {"linux-amd64", "linux-arm64", "darwin-amd64", "darwin-arm64"} <= pinned.sha512.keys()
    assert all(re.fullmatch("[0-9a-f]{128}", digest) for digest in pinned.sha512.values())
    assert len(set(pinned.sha512.values())) == len(pinned.sha512)
    assert pinned.archive == (
        "https://github.com/kubernetes-sigs/controller-tools/releases/download/"
        f"envtest-{pinned.version}/envtest-{pinned.version}-linux-amd64.tar.gz"
    )


def test_the_published_binaries_are_of_the_minor_version_that_is_built() -> None:
    published, built = envtest.release().version, build.version()

    assert published.rpartition(".")[0] == built.rpartition(".")[0]


def test_both_binaries_are_fetched_and_nothing_else(server: Publisher, tmp_path: Path) -> None:
    content = archive_of(BINARIES | {"kubectl": b"not needed"})
    server.files[PATH] = content
    shown: list[str] = []

    fetch(release(server.url, content), tmp_path / "bin", shown.append)

    fetched = {path.name: path.read_bytes() for path in (tmp_path / "bin").iterdir()}
    assert fetched == BINARIES
    assert all(path.stat().st_mode & 0o111 == 0o111 for path in (tmp_path / "bin").iterdir())
    assert shown[-1] == "0 of 0 MB"


def test_a_member_cannot_leave_the_folder(server: Publisher, tmp_path: Path) -> None:
    content = archive_of(BINARIES, folder="../../")
    server.files[PATH] = content

    fetch(release(server.url, content), tmp_path / "deep")

    assert {path.name for path in (tmp_path / "deep").iterdir()} == BINARIES.keys()
    assert {path.name for path in tmp_path.iterdir()} == {"deep"}


def test_a_mirror_is_used_in_place_of_the_publisher(
    server: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = archive_of(BINARIES)
    server.files[f"/mirror{PATH}"] = content
    monkeypatch.setenv(envtest.MIRROR, f"{server.url}/mirror/")

    fetch(release("http://publisher.invalid", content), tmp_path / "bin")

    assert server.asked == [f"/mirror{PATH}"]


def test_a_proxy_of_the_environment_is_used(
    server: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = archive_of(BINARIES)
    server.files[f"http://publisher.invalid{PATH}"] = content
    monkeypatch.setenv("http_proxy", server.url)

    fetch(release("http://publisher.invalid", content), tmp_path / "bin")

    assert server.asked == [f"http://publisher.invalid{PATH}"]


def test_a_host_that_the_environment_exempts_is_reached_without_the_proxy(
    server: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = archive_of(BINARIES)
    server.files[PATH] = content
    monkeypatch.setenv("http_proxy", "http://proxy.invalid:3128")
    monkeypatch.setenv("no_proxy", HOST)

    fetch(release(server.url, content), tmp_path / "bin")

    assert server.asked == [PATH]


def refused(chosen: envtest.Release, folder: Path) -> str:
    with pytest.raises(Unavailable) as reason:
        fetch(chosen, folder)
    return str(reason.value)


def test_an_archive_of_another_digest_is_refused_before_it_is_opened(
    server: Publisher, tmp_path: Path
) -> None:
    server.files[PATH] = archive_of(BINARIES)

    reason = refused(release(server.url, b"another"), tmp_path / "bin")

    found = hashlib.sha512(server.files[PATH]).hexdigest()[:16]
    assert f"the SHA-512 of {server.url}{PATH} is {found}…" in reason
    assert [path.name for path in (tmp_path / "bin").iterdir()] == ["archive"]


def test_a_download_that_breaks_off_is_named(server: Publisher, tmp_path: Path) -> None:
    content = archive_of(BINARIES)
    server.files[PATH], server.broken_off = content, True

    reason = refused(release(server.url, content), tmp_path / "bin")

    half = len(content) // 2
    assert reason == f"{server.url}{PATH} broke off after {half} of {len(content)} bytes"


def test_a_download_that_stalls_is_given_up(
    server: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = archive_of(BINARIES)
    server.files[PATH] = content
    server.resumes.clear()
    monkeypatch.setattr(download, "_STALL_SECONDS", 0.3)

    assert "timed out" in refused(release(server.url, content), tmp_path / "bin")


def test_a_file_that_the_server_does_not_have_is_named(server: Publisher, tmp_path: Path) -> None:
    reason = refused(release(server.url, b""), tmp_path / "bin")

    assert reason == f"{server.url}{PATH} answers 404 Not Found"


def test_a_port_that_refuses_is_given_up_at_once(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind((HOST, 0))  # and does not listen
        url = f"http://{HOST}:{closed.getsockname()[1]}"

        assert f"{HOST} cannot be reached" in refused(release(url, b""), tmp_path / "bin")


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port at which a connection is neither accepted nor refused."""
    with contextlib.ExitStack() as sockets:
        listening = sockets.enter_context(socket.socket())
        listening.bind((HOST, 0))
        listening.listen(0)
        while True:
            filler = sockets.enter_context(socket.socket())
            filler.settimeout(0.2)
            try:
                filler.connect(listening.getsockname())
            except TimeoutError:
                break
        yield listening.getsockname()[1]


def test_a_server_that_does_not_answer_is_given_up_within_the_connect_time_out(
    silent_port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "_CONNECT_SECONDS", 0.5)
    began = time.monotonic()

    reason = refused(release(f"http://{HOST}:{silent_port}", b""), tmp_path / "bin")

    assert time.monotonic() - began < 5
    assert f"{HOST} " in reason


def test_a_resolver_that_does_not_answer_is_given_up_within_the_connect_time_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = threading.Event()
    monkeypatch.setattr(download, "_CONNECT_SECONDS", 0.3)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers.wait() and [])

    reason = refused(release("http://publisher.invalid", b""), tmp_path / "bin")

    answers.set()
    assert reason == "publisher.invalid does not answer within 0.3 seconds"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (archive_of({"etcd": b""}), "the archive has no kube-apiserver"),
        (b"no archive at all", "the archive cannot be read"),
        (archive_of(BINARIES)[:-30], "the archive cannot be read"),
    ],
    ids=["a binary is missing", "no archive", "half an archive"],
)
def test_an_invalid_archive_is_refused(
    server: Publisher, tmp_path: Path, content: bytes, reason: str
) -> None:
    server.files[PATH] = content

    assert reason in refused(release(server.url, content), tmp_path / "bin")


def test_a_platform_without_an_archive_is_named_without_a_request(
    server: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")

    reason = refused(release(server.url, b""), tmp_path / "bin")

    assert reason == "Kubernetes publishes none for linux-riscv64"
    assert server.asked == []


def test_a_download_can_be_cancelled(server: Publisher, tmp_path: Path) -> None:
    content, cancelled = archive_of(BINARIES), threading.Event()
    server.files[PATH] = content
    cancelled.set()

    with pytest.raises(Cancelled):
        release(server.url, content).fetch(tmp_path, ignore, cancelled)
