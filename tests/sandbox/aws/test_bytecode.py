"""Bytecode: an archive of modules behaves as before, and nothing of it is compiled again."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from dataflowxpress_sandbox.aws.glue import bytecode

if TYPE_CHECKING:
    from pathlib import Path

MODULES = {
    "shop/__init__.py": "",
    "shop/orders.py": "def total(rows):\n    return sum(rows) / len(rows)  # a mean\n",
    "broken.py": "def total(:\n",
}
NEVER_COMPILES = "import zipimport; zipimport._compile_source = None; "


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    path = tmp_path / "modules.zip"
    with zipfile.ZipFile(path, "w") as written:
        for name, source in MODULES.items():
            written.writestr(name, source)
    return path


@pytest.fixture
def archive(plain: Path) -> Path:
    bytecode.add(plain)
    return plain


def ran(archive: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Run a script that imports from an archive."""
    return subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": str(archive)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_modules_are_imported_without_being_compiled(archive: Path) -> None:
    script = f"{NEVER_COMPILES}from shop.orders import total; print(total([1, 2, 3]))"
    found = ran(archive, script)
    assert (found.stdout, found.stderr) == ("2.0\n", "")


def test_a_traceback_shows_file_and_line_of_a_module(archive: Path) -> None:
    script = """
import traceback
from shop.orders import total
try:
    total([])
except ZeroDivisionError:
    traceback.print_exc()
"""
    error = ran(archive, script).stderr
    assert 'File "modules.zip/shop/orders.py", line 2, in total' in error
    assert "return sum(rows) / len(rows)  # a mean" in error


def test_a_module_that_does_not_compile_fails_when_it_is_imported(archive: Path) -> None:
    error = ran(archive, "import shop.orders, broken").stderr
    assert "SyntaxError" in error
    assert "def total(:" in error


def test_what_is_no_archive_stays_as_it_is(plain: Path) -> None:
    plain.write_bytes(b"not an archive")
    bytecode.add(plain)
    assert plain.read_bytes() == b"not an archive"


def test_a_damaged_archive_stays_as_it_is(plain: Path) -> None:
    damaged = plain.read_bytes().replace(b"a mean", b"a maen")  # its checksum is wrong now
    plain.write_bytes(damaged)
    bytecode.add(plain)
    assert plain.read_bytes() == damaged


def test_bytecode_that_an_archive_has_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "modules.zip"
    with zipfile.ZipFile(path, "w") as written:
        written.writestr("own.py", "")
        written.writestr("own.pyc", "its own")
    bytecode.add(path)
    with zipfile.ZipFile(path) as read:
        assert read.read("own.pyc") == b"its own"
        assert read.namelist() == ["own.py", "own.pyc"]
