from __future__ import annotations

import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from dataflowxpress_sandbox import cache, processes
from dataflowxpress_sandbox.parallel import Cancelled

if TYPE_CHECKING:
    from pathlib import Path

_FILL_SLOWLY = """
import pathlib, sys, time
from dataflowxpress_sandbox import cache
with cache.filling(pathlib.Path(sys.argv[1])) as folder:
    print("fills" if folder else "found", flush=True)
    if folder:
        time.sleep(float(sys.argv[2]))
        (folder / "file").touch()
"""


def fill_slowly(entry: Path, seconds: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _FILL_SLOWLY, str(entry), str(seconds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_it_is_under_the_cache_folder_of_the_user(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    assert cache.directory() == tmp_path / "dataflowxpress"


def test_an_entry_is_filled_once(tmp_path: Path) -> None:
    entry = tmp_path / "new" / "entry"
    with cache.filling(entry) as folder:
        assert folder
        (folder / "file").write_text("content")
        assert not entry.exists()

    with cache.filling(entry) as folder:
        assert folder is None
    assert (entry / "file").read_text() == "content"


def test_a_failure_leaves_no_entry(tmp_path: Path) -> None:
    entry = tmp_path / "entry"

    def interrupted() -> None:
        with cache.filling(entry) as folder:
            assert folder
            (folder / "half").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert [path.name for path in tmp_path.iterdir()] == ["entry.lock"]


def test_of_two_processes_one_fills_an_entry_and_the_other_waits(tmp_path: Path) -> None:
    entry = tmp_path / "entry"
    with fill_slowly(entry, 0.3) as one, fill_slowly(entry, 0.3) as two:
        said = {one.communicate(timeout=20)[0], two.communicate(timeout=20)[0]}

    assert said == {"fills\n", "found\n"}


def test_the_partial_entry_of_a_killed_process_is_removed(tmp_path: Path) -> None:
    entry = tmp_path / "entry"
    with fill_slowly(entry, 60) as killed:
        processes.wait_until(lambda: any(tmp_path.glob("entry.partial-*")), 20, "begin")
        killed.kill()

    with cache.filling(entry) as folder:
        assert folder
        assert list(tmp_path.glob("entry.partial-*")) == [folder]


def test_a_wait_for_another_process_is_reported_and_can_be_cancelled(tmp_path: Path) -> None:
    entry, cancelled = tmp_path / "entry", threading.Event()
    with fill_slowly(entry, 60) as other:
        processes.wait_until(lambda: any(tmp_path.glob("entry.partial-*")), 20, "begin")

        with pytest.raises(Cancelled), cache.filling(entry, cancelled, cancelled.set):
            pytest.fail("another process fills it")

        other.kill()
    with cache.filling(entry, threading.Event()) as folder:
        assert folder, "the wait that was cancelled holds no lock"
