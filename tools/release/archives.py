"""Archives: folders as `.tar.gz`, with the same bytes from the same files."""

from __future__ import annotations

import gzip
import tarfile
from typing import TYPE_CHECKING

from tools.release.project import epoch

if TYPE_CHECKING:
    from pathlib import Path


def pack(root: Path, target: Path) -> None:
    """Pack *root* as *target* in a fixed order, with one time and no owners."""
    time = epoch()

    def anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = 0
        member.uname = member.gname = ""
        member.mtime = time
        member.mode = 0o755 if member.mode & 0o100 else 0o644
        return member

    names = sorted(file.relative_to(root) for file in root.rglob("*") if file.is_file())
    with (
        target.open("wb") as raw,
        gzip.GzipFile("", "wb", 6, raw, time) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as out,
    ):
        for name in names:
            out.add(root / name, str(name), filter=anonymous)
