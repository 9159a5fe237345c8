"""Compression: every format is read exactly, and nothing is read that is damaged."""

from __future__ import annotations

import struct
from functools import partial
from typing import BinaryIO

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dataflow.reading.compression import decompressed
from dataflow.skip_reasons import Unreadable
from tests.dataflow.compressors import (
    FORMATS,
    SIGNED,
    UNSIGNED,
)
from tests.dataflow.objects import (
    CSV,
    NEVER_EMPTY,
    SUFFIXES,
    Slow,
    content_of,
    contents,
    files,
    formats,
    generated,
    is_read,
    refusal,
)


@generated
@given(contents, formats)
def test_content_is_the_same_after_compression(content: bytes, name: str) -> None:
    suffix, setting, compress = FORMATS[name]
    assume(content or name not in NEVER_EMPTY)
    packed = compress(content)

    assert content_of(packed, f"data.csv{suffix}") == content
    assert content_of(packed, "data", setting) == content


@generated
@given(contents, st.sampled_from(sorted(SIGNED)), st.sampled_from([*SUFFIXES, "", ".csv", ".GZ"]))
def test_a_signature_counts_more_than_the_suffix(content: bytes, name: str, suffix: str) -> None:
    assume(content or name not in NEVER_EMPTY)

    assert content_of(SIGNED[name][2](content), f"data{suffix}") == content


@generated
@given(contents, formats, st.integers(1, 5000), st.integers(1, 5000))
def test_the_sizes_of_reads_do_not_matter(
    content: bytes, name: str, received: int, asked: int
) -> None:
    suffix, _, compress = FORMATS[name]
    assume(content or name not in NEVER_EMPTY)
    packed = compress(content)

    members = decompressed(Slow(packed, received), f"data{suffix}", "Auto", len(packed))
    read = b"".join(iter(partial(next(members).stream.read, asked), b""))

    assert read == content
    assert not [*members]


JOINABLE = sorted({*SIGNED, *UNSIGNED} - {"raw snappy"})


@generated
@given(contents, contents, st.sampled_from(JOINABLE))
def test_successive_streams_in_one_object_are_read_to_the_last(
    one: bytes, other: bytes, name: str
) -> None:
    suffix, _, compress = FORMATS[name]
    assume((one and other) or not name.startswith("Hadoop"))  # it has one empty block, alone
    assume(one or other or name not in NEVER_EMPTY)

    assert content_of(compress(one) + compress(other), f"data{suffix}") == one + other


# Formats without an end marker: content that ends between two blocks is a complete file.
BLOCKS = {name for name in UNSIGNED if name.startswith("Hadoop")}


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_content_that_is_cut_anywhere_is_refused(name: str) -> None:
    suffix, setting, compress = FORMATS[name]
    packed = compress(CSV)
    read = [
        (end, key)
        for end in range(len(packed))
        for key, declared in ((f"data{suffix}", "Auto"), ("data", setting))
        if is_read(packed[:end], key, declared) and not _ends_with_block(name, packed[:end])
    ]

    assert not read


def _ends_with_block(name: str, data: bytes) -> bool:
    """Return whether the data are complete, by the lengths that the format itself has."""
    if name not in BLOCKS:
        return False
    position = 0
    while position < len(data):
        (missing,) = struct.unpack_from(">I", data, position)
        position += 4
        chunks = -(-missing // (100 if "chunks" in name else missing))
        for _ in range(chunks):
            if position + 4 > len(data):
                return False
            position += 4 + struct.unpack_from(">I", data, position)[0]
    return position == len(data)


CHECKED = sorted({"gzip", "bzip2", "xz", "snappy", "deflate", *(n for n in FORMATS if "zip" in n)})


@generated
@given(st.sampled_from(CHECKED), st.data())
def test_a_changed_byte_never_changes_the_content(name: str, data: st.DataObject) -> None:
    suffix, setting, compress = FORMATS[name]
    packed = bytearray(compress(CSV))
    packed[data.draw(st.integers(0, len(packed) - 1))] ^= data.draw(st.integers(1, 255))

    for key, declared in ((f"data{suffix}", "Auto"), ("data", setting)):
        try:
            read = [*files(bytes(packed), key, declared).values()]
        except Unreadable:
            continue
        assert read == [CSV]


@generated
@given(formats, st.data())
def test_no_change_of_the_bytes_has_another_effect_than_a_refusal(
    name: str, data: st.DataObject
) -> None:
    suffix, _, compress = FORMATS[name]
    packed = bytearray(compress(CSV))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(packed)))
        end = start + data.draw(st.integers(0, 4))
        packed[start:end] = data.draw(st.binary(max_size=4) | st.just(b"\xff" * 4))

    is_read(bytes(packed), f"data{suffix}", "Auto")  # raises if it is anything else


@pytest.mark.parametrize("name", sorted(SIGNED))
def test_garbage_after_the_content_is_refused(name: str) -> None:
    suffix, _, compress = SIGNED[name]

    assert "cannot be read to its end" in refusal(compress(CSV) + b"garbage!", f"data{suffix}")


@pytest.mark.parametrize("name", ["gzip", "xz"])
def test_zeros_that_pad_the_content_are_ignored(name: str) -> None:
    assert content_of(SIGNED[name][2](CSV) + bytes(512)) == CSV


class Failing(Slow):
    """A stream whose connection is lost at its end."""

    def read(self, size: int | None = -1) -> bytes:
        part = super().read(size)
        if not part:
            raise ConnectionResetError("reset by S3")
        return part


@pytest.mark.parametrize("name", [*sorted(FORMATS), "plain"])
def test_a_lost_connection_is_no_property_of_the_object(name: str) -> None:
    suffix, _, compress = FORMATS.get(name, ("", "", bytes))
    packed = compress(CSV)

    with pytest.raises(ConnectionResetError, match="reset by S3"):
        _read_all(Failing(packed[:-3], 50), f"data{suffix}", len(packed))
    with pytest.raises(ConnectionError, match="3 bytes too few"):
        _read_all(Slow(packed[:-3], 50), f"data{suffix}", len(packed))


def _read_all(stream: BinaryIO, key: str, size: int) -> None:
    for member in decompressed(stream, key, "Auto", size):
        member.stream.read()
