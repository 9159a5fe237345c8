"""Bounds: a compressed object uses limited memory and does not expand without limit."""

from __future__ import annotations

import gzip
import io
import lzma
import os
import struct
import tracemalloc
import zlib

import pytest

from dataflow.reading import byte_streams
from dataflow.reading.compression import decompressed
from tests.dataflow.compressors import (
    archive,
)
from tests.dataflow.objects import (
    CSV,
    MIB,
    content_of,
    refusal,
)


def _zeros(size: int) -> bytes:
    packer = zlib.compressobj(wbits=31)
    return b"".join(packer.compress(bytes(MIB)) for _ in range(size // MIB)) + packer.flush()


@pytest.fixture
def bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each object expand to 2 MiB, instead of 256 MiB."""
    monkeypatch.setattr(byte_streams, "FREE", 2 * MIB)


@pytest.mark.usefixtures("bounded")
def test_a_bomb_is_refused_with_its_figures() -> None:
    bomb = _zeros(3 * MIB)

    reason = refusal(bomb, "a.csv.gz")

    assert "stopped after 2,097,152 bytes" in reason
    assert f"the object has {len(bomb):,} bytes" in reason


@pytest.mark.usefixtures("bounded")
def test_the_files_of_an_archive_have_one_bound_together() -> None:
    part = bytes(MIB + 1)

    assert "stopped after" in refusal(archive({"a.csv": part, "b.csv": part}))


@pytest.mark.usefixtures("bounded")
def test_a_bomb_in_a_compressed_file_is_refused() -> None:
    assert "stopped after" in refusal(gzip.compress(_zeros(3 * MIB)))


@pytest.mark.usefixtures("bounded")
def test_beyond_the_first_bytes_the_ratio_decides() -> None:
    noise = os.urandom(MIB // 100)

    assert len(content_of(gzip.compress(noise * 300))) == 300 * len(noise)
    assert "stopped after" in refusal(gzip.compress(noise + bytes(4 * MIB)))


def test_text_of_equal_rows_is_no_bomb() -> None:
    assert len(content_of(_zeros(16 * MIB))) == 16 * MIB


def test_a_large_object_is_not_in_memory() -> None:
    packed = _zeros(16 * MIB)
    tracemalloc.start()
    (member,) = decompressed(io.BytesIO(packed), "a.gz", "Auto", len(packed))
    while member.stream.read(MIB):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 8 * MIB


def zstd_frame(window: int) -> bytes:
    """Return a frame with a window of `2 ** window` bytes and one block that is not compressed."""
    block = (len(CSV) << 3 | 1).to_bytes(3, "little") + CSV
    return b"\x28\xb5\x2f\xfd\x00" + bytes([(window - 10) << 3]) + block


def xz_file(dictionary: int) -> bytes:
    """Return an xz file whose header claims a dictionary of `2 ** dictionary` bytes."""
    data = bytearray(lzma.compress(CSV))
    size = (data[12] + 1) * 4  # of the block's header, whose last four bytes are its checksum
    properties = data.index(b"\x21\x01", 12) + 2
    data[properties] = (dictionary - 12) * 2
    data[8 + size : 12 + size] = struct.pack("<I", zlib.crc32(data[12 : 8 + size]))
    return bytes(data)


def test_windows_that_need_much_memory_are_refused() -> None:
    assert content_of(zstd_frame(27)) == CSV
    assert content_of(xz_file(27)) == CSV
    assert "too much memory" in refusal(zstd_frame(28))
    assert "Memory usage limit" in refusal(xz_file(28))
