"""Archives: every file of a zip archive is read, and other archives are refused."""

from __future__ import annotations

import gzip
import io
import lzma
import tarfile
import zipfile

import pytest

from dataflow.reading.compression import decompressed
from tests.dataflow.compressors import (
    archive,
    arrow,
    hadoop,
    zipped,
)
from tests.dataflow.objects import (
    CSV,
    content_of,
    files,
    is_read,
    refusal,
)


def test_a_file_without_a_name_in_a_zip_archiveis_read() -> None:
    data = archive({"a.csv": b"1", "b.csv": b"2"}).replace(b"b.csv", b"\0.csv")

    assert files(data) == {"a.csv": b"1", "": b"2"}


def test_a_file_that_is_compressed_twice_is_read_and_three_times_refused() -> None:
    twice = gzip.compress(arrow(CSV, "zstd"))

    assert content_of(twice, "data.csv.zst.gz") == CSV
    assert content_of(zipped(hadoop(CSV, "snappy"), "data.csv.snappy")) == CSV
    assert "more than twice" in refusal(gzip.compress(twice))
    assert "more than twice" in refusal(zipped(gzip.compress(gzip.compress(CSV)), "a.csv"))


def test_the_files_of_a_zip_archive_are_read_in_its_order_without_what_systems_add() -> None:
    members = {
        "b.csv": b"1",
        "folder/": b"",
        "folder/a.csv": b"2",
        "__MACOSX/._b.csv": b"x",
        "folder/__MACOSX/._a.csv": b"x",
        "folder/.DS_Store": b"x",
        "Thumbs.db": b"x",
    }

    assert [*files(archive(members)).items()] == [("b.csv", b"1"), ("folder/a.csv", b"2")]


def test_files_of_the_same_name_in_a_zip_archive_are_all_read() -> None:
    data = archive({"a.csv": b"1", "b.csv": b"2"}).replace(b"b.csv", b"a.csv")

    read = decompressed(io.BytesIO(data), "a.zip", "Auto", len(data))

    assert [member.stream.read() for member in read] == [b"1", b"2"]


def test_a_large_zip_archive_with_sizes_of_64_bitsis_read() -> None:
    target = io.BytesIO()
    with (
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as opened,
        opened.open("a.csv", "w", force_zip64=True) as member,
    ):
        member.write(CSV)

    assert content_of(target.getvalue()) == CSV


@pytest.mark.parametrize("path", ["[Content_Types].xml", "mimetype", "META-INF/MANIFEST.MF"])
def test_a_workbook_is_refused_though_it_is_a_zip_archive(path: str) -> None:
    assert "save it as CSV" in refusal(archive({path: b"x", "xl/workbook.xml": b"<x/>"}))


def test_archives_that_are_not_read_are_refused_with_a_fix() -> None:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as opened:
        entry = tarfile.TarInfo("a.csv")
        entry.size = len(CSV)
        opened.addfile(entry, io.BytesIO(CSV))
    tar = target.getvalue()

    for data in (tar, gzip.compress(tar), zipped(tar, "a.tar")):
        assert refusal(data, "a.tar.gz").startswith(
            "the content is a tar archive: upload its files"
        )
    for data in (
        b"7z\xbc\xaf\x27\x1c",
        b"Rar!\x1a\x07\x01\x00",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    ):
        assert "the content is a " in refusal(data)
    assert "compressed with lzma" in refusal(lzma.compress(CSV, lzma.FORMAT_ALONE))
    assert "the name says brotli" in refusal(arrow(CSV, "brotli"), "a.csv.br")
    assert content_of(CSV, "a.csv.br") == CSV
    for data in (zipped(zipped(CSV), "b.zip"), gzip.compress(zipped(CSV))):
        assert "upload it by itself" in refusal(data)


def test_an_encrypted_an_empty_and_an_odd_zip_archive_are_refused() -> None:
    plain = zipped(CSV)
    encrypted = _with_central(plain, 8, b"\x01\x00")
    odd = _with_central(plain, 10, b"\x09\x00")

    assert "encrypted (data.csv)" in refusal(encrypted)
    assert "compression method 9" in refusal(odd)
    assert "contains no file" in refusal(archive({}))
    assert "contains no file" in refusal(archive({"folder/": b""}))


def _with_central(data: bytes, offset: int, value: bytes) -> bytes:
    position = data.index(b"PK\x01\x02") + offset
    return data[:position] + value + data[position + len(value) :]


def test_a_name_that_ends_in_a_slash_does_not_hide_the_content() -> None:
    data = archive({"a.csv": b"1", "b.cs/": b""}).replace(b"b.cs/", b"b.csv")

    assert files(data) == {"a.csv": b"1", "b.csv": b""}
    assert is_read(archive({"a.csv": b"1", "b.csv": CSV}).replace(b"b.csv", b"b.cs/"), "", "Auto")
