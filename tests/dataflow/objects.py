"""Objects: how the tests upload and read compressed objects."""

from __future__ import annotations

import io
import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from dataflow.reading.compression import decompressed
from dataflow.skip_reasons import Unreadable
from tests.dataflow.compressors import (
    FORMATS,
)

EXAMPLES = int(os.environ.get("DATAFLOWXPRESS_EXAMPLES", "50"))


generated = settings(
    max_examples=EXAMPLES, derandomize=True, suppress_health_check=list(HealthCheck)
)


MIB = 1 << 20


CSV = b"id,name\n" + b"".join(b"%d,name %d\n" % (n, n % 7) for n in range(40))


SUFFIXES = sorted({suffix for suffix, _, _ in FORMATS.values()})


# The first byte is no beginning of a signature: such content is compressed once more.
contents = st.just(b"") | st.builds(
    lambda part, times, tail: b"a" + part * times + tail,
    st.binary(max_size=100),
    st.sampled_from([1, 2, 700]),
    st.binary(max_size=50),
).filter(lambda content: b"ustar" not in content)  # nor is it a tar archive


NEVER_EMPTY = {"raw snappy", "snappy-java"}  # without content, they look like cut files


formats = st.sampled_from(sorted(FORMATS))


class Slow(io.BytesIO):
    """A stream that is not seekable, and returns few bytes at a time."""

    def __init__(self, content: bytes, most: int) -> None:
        super().__init__(content)
        self.most = most

    def seekable(self) -> bool:
        return False

    def read(self, size: int | None = -1) -> bytes:
        return super().read(self.most if size is None or size < 0 else min(size, self.most))


def files(data: bytes, key: str = "data.csv", compression: str = "Auto") -> dict[str, bytes]:
    read = decompressed(io.BytesIO(data), key, compression, len(data))
    return {member.name: member.stream.read() for member in read}


def content_of(data: bytes, key: str = "data.csv", compression: str = "Auto") -> bytes:
    (content,) = files(data, key, compression).values()
    return content


def refusal(data: bytes, key: str = "data.csv", compression: str = "Auto") -> str:
    with pytest.raises(Unreadable) as caught:
        files(data, key, compression)
    return str(caught.value)


def is_read(data: bytes, key: str, compression: str) -> bool:
    try:
        files(data, key, compression)
    except Unreadable:
        return False
    return True
