"""Encodings: text is decoded exactly, and no byte that cannot be decoded is lost."""

from __future__ import annotations

import codecs
import io
import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dataflow.reading import encodings
from dataflow.reading.encodings import decoded, undecodable
from dataflow.skip_reasons import Unreadable
from tests.dataflow.objects import Slow, generated

FORMATS = Path(__file__).parents[2] / "docs" / "formats.md"
WIDE = {
    "utf-16le": codecs.BOM_UTF16_LE,
    "utf-16be": codecs.BOM_UTF16_BE,
    "utf-32le": codecs.BOM_UTF32_LE,
    "utf-32be": codecs.BOM_UTF32_BE,
}
MARKS = {"utf-8": codecs.BOM_UTF8, **WIDE}
text = st.text(st.characters(exclude_characters="\0", codec="utf-8"))


def documented() -> list[str]:
    """Return the encodings that the documentation lists."""
    _, _, section = FORMATS.read_text().partition("\n## Encodings\n")
    rows = re.findall(r"^\| [^|]+ \| (`[^|]+`) \|$", section.partition("\n## ")[0], re.MULTILINE)
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row) if name != "auto"]


def read(data: bytes, encoding: str = "auto", most: int = 1 << 20) -> str:
    return "".join(decoded(Slow(data, most), encoding))


def refusal(data: bytes, encoding: str = "auto") -> str:
    with pytest.raises(Unreadable) as caught:
        read(data, encoding)
    return str(caught.value)


@pytest.fixture
def _small_head(monkeypatch: pytest.MonkeyPatch) -> None:
    # Otherwise the first block has at least 4 KiB, and no character of a test is cut.
    monkeypatch.setattr(encodings, "HEAD", 8)


RANGES = (
    range(1, 0x600),  # alphabets
    range(0xE00, 0xE7F),  # Thai
    range(0x1EA0, 0x1EFF),  # Vietnamese
    range(0x2010, 0x2600),  # signs
    range(0x3040, 0x30FF),  # kana
    range(0x4E00, 0x9FFF, 37),  # Han
    range(0xAC00, 0xD7A3, 61),  # Hangul
    range(0x1F600, 0x1F610),  # beyond 16 bits
)


@cache
def alphabet(encoding: str) -> list[str]:
    """Return characters that an encoding has, and that are the same after decoding."""
    characters = [chr(point) for points in RANGES for point in points]
    return [
        each
        for each in characters
        if each.encode(encoding, "ignore").decode(encoding, "ignore") == each
    ]


@pytest.mark.usefixtures("_small_head")
@generated
@given(st.sampled_from(documented()), st.data(), st.integers(1, 40))
def test_text_is_the_same_after_each_documented_encoding(
    encoding: str, data: st.DataObject, most: int
) -> None:
    content = "".join(data.draw(st.lists(st.sampled_from(alphabet(encoding)), max_size=40)))
    content = f"\n{content}"  # without any character of ASCII, the byte order can look wrong
    encoded = content.encode(encoding)
    assume(not encoded.startswith(tuple(MARKS.values())) or encoding in {"utf-16", "utf-32"})

    assert read(encoded, encoding, most) == content


@pytest.mark.usefixtures("_small_head")
@generated
@given(text, st.sampled_from(sorted(MARKS)), st.sampled_from(documented()), st.integers(1, 40))
def test_a_byte_order_mark_decides_and_is_no_data(
    content: str, marked: str, encoding: str, most: int
) -> None:
    data = MARKS[marked] + content.encode(marked)
    assume(
        data[:4] not in {codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE} or marked.startswith("utf-32")
    )

    for setting in ("auto", encoding):
        assert read(data, setting, most) == content.lstrip("\ufeff")


def test_several_byte_order_marks_are_no_data() -> None:
    assert read(codecs.BOM_UTF8 * 3 + b"id") == "id"


@pytest.mark.usefixtures("_small_head")
@generated
@given(st.binary(max_size=200), st.integers(1, 20))
def test_bytes_that_are_not_utf_8_are_kept_as_surrogates(data: bytes, most: int) -> None:
    assume(b"\0" not in data and not data.startswith(tuple(MARKS.values())))

    found = read(data, "auto", most)

    assert found == data.decode("utf-8", "surrogateescape")
    assert (undecodable(found) is None) == (found.encode("utf-8", "replace") == data)


# A byte that begins no character, or begins one that a line end does not continue.
BAD = {
    "utf-8": b"\xe9",
    "shift_jis": b"\x81",
    "euc-jp": b"\xa4",
    "gb18030": b"\x81",
    "big5": b"\xa4",
    "euc-kr": b"\xb0",
    "windows-1252": b"\x81",
    "us-ascii": b"\xe9",
}


@pytest.mark.usefixtures("_small_head")
@generated
@given(
    st.sampled_from(sorted(BAD)),
    st.lists(st.sampled_from(["id,7", "name,x", '"a b",1']), min_size=1, max_size=6),
    st.data(),
    st.integers(1, 20),
)
def test_only_the_lines_with_undecodable_bytes_have_surrogates(
    encoding: str, lines: list[str], data: st.DataObject, most: int
) -> None:
    is_bad = [data.draw(st.booleans()) for _ in lines]
    encoded = [line.encode() + BAD[encoding] * bad for line, bad in zip(lines, is_bad, strict=True)]

    found = read(b"\n".join(encoded) + b"\n", encoding, most).split("\n")

    assert [bool(undecodable(line)) for line in found] == [*is_bad, False]
    assert [re.sub("[\udc80-\udcff]$", "", line) for line in found] == [*lines, ""]


def test_the_reason_names_the_bytes_and_their_place() -> None:
    (record,) = decoded(io.BytesIO(b"caf\xe9\xff,1"), "auto")

    assert undecodable(record) == (
        "0xe9 0xff at character 4 cannot be decoded: correct the file,"
        " or set source.encoding, for example to windows-1252"
    )
    assert undecodable("a\ud800") == "character 2 is U+D800, half of a surrogate pair"
    assert undecodable("café 東京 😀") is None


@pytest.mark.parametrize("encoding", sorted(WIDE))
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_wide_encoding_that_is_cut_or_wrong_is_refused_with_the_offset(
    encoding: str, size: int
) -> None:
    content = ("x" * size).encode(encoding)
    half = b"\xd8\x00" if encoding == "utf-16be" else b"\x00\xd8"
    wrong = half if encoding.startswith("utf-16") else b"\xff" * 4

    assert f"from byte {len(content):,} on" in refusal(content + b"\x41", encoding)
    assert f"from byte {len(content):,} on" in refusal(content + wrong + content, encoding)


@pytest.mark.parametrize("encoding", [*documented(), "auto"])
def test_a_nul_is_binary_data_in_every_encoding(encoding: str) -> None:
    codec = "utf-8" if encoding == "auto" else encoding
    data = ("id,name\n" * 1000 + "\0\n").encode(codec)

    assert "binary data: a NUL after 8,000 characters" in refusal(data, encoding)


@pytest.mark.parametrize("encoding", sorted(WIDE))
@pytest.mark.parametrize("content", ["id,name\n1,a\n", "id,имя\n1,Анна\n2,Олег\n"])
@pytest.mark.parametrize("declared", ["auto", "windows-1252", "shift_jis", "utf-16", *WIDE])
def test_a_wide_encoding_without_a_mark_is_recognised(
    encoding: str, content: str, declared: str
) -> None:
    data = content.encode(encoding)
    if declared == encoding or (declared, encoding) == ("utf-16", "utf-16le"):
        assert read(data, declared) == content
    else:
        assert f"set source.encoding: {encoding}" in refusal(data, declared)


@pytest.mark.parametrize("content", [b"id,n\n1,\0\n", b"\0\0\0\0", b"a\0\0b", b"PK\0" * 900])
def test_binary_data_is_not_taken_for_a_wide_encoding(content: bytes) -> None:
    assert refusal(content).startswith("binary data")


def test_a_wide_encoding_of_the_other_byte_order_is_recognised_by_its_few_line_ends() -> None:
    content = ("注文の内容" * 100 + "\n") * 3

    assert "set source.encoding: utf-16be" in refusal(content.encode("utf-16be"), "utf-16le")


@pytest.mark.parametrize(
    "encoding", ["utf-99", "rot13", "hex", "utf-7", "unicode_escape", "iso2022_jp", "idna", "hz"]
)
def test_an_encoding_that_is_no_encoding_of_files_is_refused(encoding: str) -> None:
    with pytest.raises(ValueError, match=r"^source\.encoding: "):
        read(b"id", encoding)


def test_empty_content_has_no_text() -> None:
    assert not [*decoded(io.BytesIO(b""), "auto")]
    assert not [*decoded(io.BytesIO(codecs.BOM_UTF8), "auto")]
