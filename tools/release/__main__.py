"""Release: `check` builds all parts into dist/, and `push` publishes chart and bundle."""

from __future__ import annotations

import platform
import sys
from typing import TYPE_CHECKING

from tools.release import (
    archives,
    bundle,
    changelog,
    chart,
    krew,
    licences,
    plugin,
    push,
    versions,
    wheels,
)
from tools.release.project import DIST, NAME, ReleaseError, Target, version

if TYPE_CHECKING:
    from collections.abc import Callable

_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


def _changelog() -> str:
    line = changelog.check_current()
    (DIST / "notes.md").write_text(changelog.current().text + "\n")
    return line


def _push() -> str:
    return push.everything(Target.from_environment())


def _chart() -> str:
    return f"chart {chart.package(Target.from_environment()).name}"


def _bundle() -> str:
    folder = bundle.write(Target.from_environment())
    bundle.validate(folder)
    archives.pack(folder, DIST / f"{NAME}-bundle_{version()}.tar.gz")
    return f"OLM bundle valid: {len(list((folder / 'manifests').iterdir()))} manifests"


def _plugin() -> str:
    for each in plugin.PLATFORMS:
        plugin.build(*each)
    manifest = krew.manifest(Target.from_environment())
    krew.validate(manifest)
    here = (platform.system().lower(), _MACHINES.get(platform.machine(), platform.machine()))
    krew.install(manifest, here)
    return f"krew manifest of {len(plugin.PLATFORMS)} archives valid; {'-'.join(here)} installed"


_PARTS: dict[str, Callable[[], str]] = {
    "versions": versions.check,
    "changelog": _changelog,
    "wheels": wheels.check,
    "licences": licences.check,
    "chart": _chart,
    "bundle": _bundle,
    "plugin": _plugin,
}


def main(names: list[str]) -> int:
    """Build and check the named parts, print a line for each, and return the exit status."""
    known = {**_PARTS, "push": _push}
    names = [*_PARTS] if names == ["check"] else names
    if not names or {*names} - {*known}:
        print(f"usage: python -m tools.release check, or some of: {', '.join(known)}")
        return 2
    DIST.mkdir(exist_ok=True)
    failed = [name for name in names if not _done(name, known[name])]
    return int(bool(failed))


def _done(name: str, part: Callable[[], str]) -> bool:
    try:
        print(f"✓ {part()}", flush=True)
    except ReleaseError as error:
        print(f"✗ {name}: {error}", flush=True)
        return False
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
