"""Signatures: what an object is, whatever its name says."""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Iterator

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow.skip_reasons import Unreadable
from tests.dataflow.compressors import (
    FORMATS,
    SIGNED,
)
from tests.dataflow.objects import (
    CSV,
    SUFFIXES,
    content_of,
    generated,
    refusal,
)


@pytest.mark.parametrize(
    "text",
    [
        b"id,n\n1,a\n",
        "id,n\n1,é\n".encode("utf-8-sig"),
        "id,n\n1,é\n".encode("utf-16"),
        b'{"a": 1}\n',
        b"PAR1\x15\x00",
        b"Obj\x01\x02\x00",
    ],
)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_plain_content_under_the_suffix_of_a_compressionis_read(suffix: str, text: bytes) -> None:
    assert content_of(text, f"data.csv{suffix}") == text


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_content_that_is_neither_what_its_name_says_nor_certainly_text_is_refused(
    suffix: str,
) -> None:
    text = "id,n\n1,é\n".encode("latin-1")

    assert "set source.compression: None" in refusal(text, f"data{suffix}")
    assert content_of(text, f"data{suffix}", "None") == text


@generated
@given(st.binary(min_size=1, max_size=200), st.sampled_from(SUFFIXES))
def test_any_bytes_under_a_suffix_are_read_exactly_or_refused(data: bytes, suffix: str) -> None:
    try:
        read = content_of(data, f"data{suffix}")
    except Unreadable:
        return
    assert read in (data, *_by_oracle(data))


def _by_oracle(data: bytes) -> Iterator[bytes]:
    """Yield what other decoders make of data that have no signature."""
    if data == bytes(4):
        yield b""  # Hadoop's empty block
    with contextlib.suppress(zlib.error):
        yield zlib.decompress(data)
    with contextlib.suppress(OSError, ValueError):
        yield pa.Codec("snappy").decompress(data, data[0], asbytes=True)


SETTINGS = ["gzip", "bzip2", "xz", "zstd", "lz4", "snappy", "deflate", "zip"]


@pytest.mark.parametrize(
    ("name", "other"),
    [(name, other) for name in sorted(FORMATS) for other in SETTINGS if FORMATS[name][1] != other],
)
def test_another_compression_than_the_declared_one_is_refused(name: str, other: str) -> None:
    suffix, _, compress = FORMATS[name]

    reason = refusal(compress(CSV), f"data{suffix}", other)

    assert f"not {other}" in reason or f"the Hadoop {other} content cannot be read" in reason


@pytest.mark.parametrize("name", sorted({*SIGNED, "zip 8"}))
def test_compressed_content_is_refused_if_the_pipeline_declares_none(name: str) -> None:
    suffix, _, compress = FORMATS[name]

    assert "source.compression is None" in refusal(compress(CSV), f"data{suffix}", "None")
