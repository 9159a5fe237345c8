"""Block formats: lengths and checksums of Hadoop's, Snappy's and Zstandard's blocks."""

from __future__ import annotations

import struct

from hypothesis import given

from dataflow.reading.crc32c import crc32c
from tests.dataflow.compressors import (
    arrow,
    framed_snappy,
    raw,
)
from tests.dataflow.objects import (
    CSV,
    content_of,
    contents,
    generated,
    refusal,
)


def test_snappy_skips_padding_only() -> None:
    packed = framed_snappy(CSV)
    padding = b"\xfe\x03\x00\x00"

    assert content_of(packed + padding + bytes(3)) == CSV
    assert "unknown type 254" in refusal(packed + padding + b"abc")
    assert "unknown type 128" in refusal(packed[:10] + b"\x80" + packed[11:])


def test_a_block_that_claims_more_content_than_it_has_is_refused() -> None:
    for codec, suffix in (("lz4_raw", ".lz4"), ("snappy", ".snappy")):
        packed = raw(CSV, codec)
        for claimed in (len(CSV) + 1, len(CSV) - 1):
            data = struct.pack(">II", claimed, len(packed)) + packed

            assert "cannot be read to its end" in refusal(data, f"data{suffix}")


def test_a_wrong_checksum_of_snappy_is_found() -> None:
    packed = bytearray(framed_snappy(b"incompressible"))
    packed[-1] ^= 1

    assert "a checksum does not match" in refusal(bytes(packed), "a.snappy")


def test_crc32c_has_the_values_of_rfc_3720() -> None:
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(b"\xff" * 32) == 0x62A8AB43
    assert crc32c(bytes(range(32))) == 0x46DD794E
    assert crc32c(b"") == 0


@generated
@given(contents)
def test_crc32c_is_the_same_as_bit_by_bit(content: bytes) -> None:
    register = 0xFFFFFFFF
    for byte in content[:2000]:
        register ^= byte
        for _ in range(8):
            register = (register >> 1) ^ (0x82F63B78 if register & 1 else 0)

    assert crc32c(content[:2000]) == register ^ 0xFFFFFFFF


def test_frames_that_zstandard_skips_are_skipped() -> None:
    skipped = b"\x50\x2a\x4d\x18" + struct.pack("<I", 4) + b"pzst"

    assert content_of(skipped + arrow(CSV, "zstd") + skipped) == CSV
