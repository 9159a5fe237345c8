"""Archives: the members of a zip archive."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, cast

from dataflow.reading.byte_streams import CHUNK, DAMAGE
from dataflow.skip_reasons import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

IN_MEMORY = 64 << 20  # bytes of an archive; a larger one is copied to the disk
MAX_MEMBERS = 100_000
ENCRYPTED = 1  # the bit of a member's flags
METHODS = {
    zipfile.ZIP_STORED,
    zipfile.ZIP_DEFLATED,
    zipfile.ZIP_BZIP2,
    zipfile.ZIP_LZMA,
}
NO_DATA = {".DS_Store", "Thumbs.db", "desktop.ini"}  # files that systems add to folders
DOCUMENTS = {"[Content_Types].xml", "mimetype", "META-INF/MANIFEST.MF"}


@contextmanager
def seekable(stream: BinaryIO, content: BinaryIO) -> Iterator[BinaryIO]:
    """Return the stream if it is seekable, or else a temporary copy of its content."""
    if stream.seekable():
        yield stream
        return
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as copy:
        shutil.copyfileobj(content, copy, CHUNK)
        yield cast("BinaryIO", copy)


def members(archive: BinaryIO) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yield the name and the content of each file in a zip archive."""
    try:
        opened = zipfile.ZipFile(archive)
    except DAMAGE as error:
        raise Unreadable(
            f"the zip archive cannot be read to its end: {error}; upload the complete file again"
        ) from error
    with opened:
        for member in _files(opened):
            yield member.filename, _content(opened, member)


def _files(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    listed = archive.infolist()
    if any(member.filename in DOCUMENTS for member in listed):
        raise Unreadable("the content is a document, like a workbook of Excel: save it as CSV")
    files = [member for member in listed if _is_data(member)]
    if not files:
        raise Unreadable("the zip archive contains no file")
    if len(files) > MAX_MEMBERS:
        raise Unreadable(f"the zip archive has {len(files):,} files, at most {MAX_MEMBERS:,}")
    encrypted = [member.filename for member in files if member.flag_bits & ENCRYPTED]
    if encrypted:
        raise Unreadable(f"the zip archive is encrypted ({encrypted[0]}): upload it unencrypted")
    others = [member for member in files if member.compress_type not in METHODS]
    if others:
        raise Unreadable(
            f"{others[0].filename} in the zip archive has the compression method"
            f" {others[0].compress_type}: create the archive with deflate"
        )
    return files


def _is_data(member: zipfile.ZipInfo) -> bool:
    *folders, name = member.filename.split("/")
    # Content is never ignored for its name. `is_dir` fails for an empty name.
    is_folder = member.filename.endswith("/") and not member.file_size
    return not (is_folder or "__MACOSX" in folders or name in NO_DATA)


def _content(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(member) as stream:
        while content := stream.read(CHUNK):
            yield content
