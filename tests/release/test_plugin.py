"""An archive of the plugin is the same from each build, and has all that the plugin needs."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tools.release import plugin
from tools.release.archives import pack
from tools.release.project import ROOT, run
from tools.release.wheels import digest

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dist")


@pytest.fixture(scope="module")
def root(dist: Path) -> Path:
    """Return an unpacked plugin for this machine, built for this Python only."""
    folder = dist / "root"
    plugin.fill(folder, "x86_64-manylinux_2_28", (HERE,))
    return folder


@pytest.fixture(scope="module")
def link(root: Path, dist: Path) -> Path:
    """Return a link to the command from another folder, as krew makes it."""
    path = dist / "kubectl-dataflow"
    path.symlink_to(root / "kubectl-dataflow")
    return path


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the archive is for x86_64")
def test_the_plugin_runs_from_a_link_without_an_environment(link: Path, tmp_path: Path) -> None:
    clean = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": str(tmp_path)}
    done = subprocess.run(
        [link, "crd"], capture_output=True, check=True, cwd=tmp_path, env=clean, text=True
    )
    assert done.stdout == (ROOT / "crds/datapipelines.yaml").read_text()


def test_only_compiled_packages_belong_to_one_python(root: Path) -> None:
    compiled = {each.name for each in (root / "lib" / HERE).iterdir() if each.suffix == ""}
    assert {"pydantic_core", "aiohttp"} <= compiled
    shared = root / "lib/all"
    assert {"kopf", "botocore", "dataflowxpress"} <= {each.name for each in shared.iterdir()}
    assert not list(shared.rglob("*.so"))


def test_the_archive_has_the_licence_of_each_package(root: Path) -> None:
    assert (root / "LICENSE").exists()
    packages = [*root.glob("lib/*/*.dist-info")]
    names = {each.name.partition("-")[0] for each in packages}
    locked = run("grep", "-c", "==", ROOT / "image/requirements.lock")
    assert len(names) >= int(locked) - 1  # all but colorama or the like, which are for Windows


def test_packing_twice_makes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        folder = tmp_path / name
        (folder / "lib").mkdir(parents=True)
        for file in ("b", "a") if name == "one" else ("a", "b"):
            (folder / "lib" / file).write_text(file)
        (folder / "command").write_text("#!")
        (folder / "command").chmod(0o700 if name == "one" else 0o755)
        os.utime(folder / "command", (1, 1))
        pack(folder, tmp_path / f"{name}.tar.gz")
    assert digest(tmp_path / "one.tar.gz") == digest(tmp_path / "two.tar.gz")
    with tarfile.open(tmp_path / "one.tar.gz") as archive:
        assert [(each.name, oct(each.mode), each.uname) for each in archive] == [
            ("command", "0o755", ""),
            ("lib/a", "0o644", ""),
            ("lib/b", "0o644", ""),
        ]
