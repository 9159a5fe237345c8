"""Content: rows of an upload as bytes, in all forms in which people upload them."""

from __future__ import annotations

import bz2
import csv
import gzip
import hashlib
import io
import json
import lzma
import zipfile
from collections.abc import Callable, Sequence
from enum import StrEnum

Record = dict[str, str | int]

# Texts that a reader or a typed column can change without an error.
CODES = ("01234", "+4915112345678", "713752e1", "1.10", "12345678901234567890", " A7 ", 'é "日"')
CUT = 10  # bytes missing at the end of a cut archive


class Form(StrEnum):
    """How an upload is packed."""

    PLAIN = "plain"
    GZIP = "gzip"
    BZIP2 = "bzip2"
    XZ = "xz"
    ZIP = "zip"
    UTF_8_WITH_BOM = "utf-8-sig"
    UTF_16 = "utf-16"
    UTF_16_IN_GZIP = "utf-16, gzip"
    CUT_GZIP = "cut gzip"
    CUT_QUOTE = "cut within a quoted text"
    IMAGE = "image"

    @property
    def poisoned(self) -> bool:
        """Whether no row of it can be read."""
        return self in {Form.CUT_GZIP, Form.CUT_QUOTE, Form.IMAGE}

    @property
    def suffix(self) -> str:
        """The suffix of keys that promise this form."""
        return _SUFFIXES.get(self, "")


_SUFFIXES = {
    Form.GZIP: ".gz",
    Form.UTF_16_IN_GZIP: ".gz",
    Form.CUT_GZIP: ".gz",
    Form.BZIP2: ".bz2",
    Form.XZ: ".xz",
    Form.ZIP: ".zip",
}


def record(upload: int, line: int, word: str, *, noted: bool) -> Record:
    """Return one row, which differs from all rows of other uploads."""
    code = CODES[(upload + line) % len(CODES)]
    found: Record = {"upload": upload, "line": line, "word": word, "code": code}
    return {**found, "note": "noted"} if noted else found


def csv_text(records: Sequence[Record]) -> str:
    """Return records as CSV with a header; all texts are quoted."""
    text = io.StringIO()
    writer = csv.DictWriter(
        text, list(records[0]), quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n"
    )
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue()


def json_text(records: Sequence[Record]) -> str:
    """Return records as JSON: one document per line."""
    return "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in records)


def json_array(records: Sequence[Record]) -> str:
    """Return records as one JSON array."""
    return json.dumps(records, ensure_ascii=False, indent=1)


# How the records of each format become text: one way, or several.
FORMATS: dict[str, tuple[Callable[[Sequence[Record]], str], ...]] = {
    "csv": (csv_text,),
    "json": (json_text, json_array),
}


def forms(of: str) -> list[Form]:
    """Return the forms of a format's uploads."""
    return [form for form in Form if form != Form.CUT_QUOTE or of == "csv"]


def packed(text: str, form: Form) -> bytes:
    """Return a text in a form."""
    return _PACKERS[form](text)


def _zipped(text: str) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("export", text)
    return archive.getvalue()


_PACKERS: dict[Form, Callable[[str], bytes]] = {
    Form.PLAIN: str.encode,
    Form.GZIP: lambda text: gzip.compress(text.encode()),
    Form.BZIP2: lambda text: bz2.compress(text.encode()),
    Form.XZ: lambda text: lzma.compress(text.encode()),
    Form.ZIP: _zipped,
    Form.UTF_8_WITH_BOM: lambda text: text.encode("utf-8-sig"),
    Form.UTF_16: lambda text: text.encode("utf-16"),
    Form.UTF_16_IN_GZIP: lambda text: gzip.compress(text.encode("utf-16")),
    Form.CUT_GZIP: lambda text: gzip.compress(text.encode())[:-CUT],
    Form.CUT_QUOTE: lambda text: text[: text.rindex('"')].encode(),
    Form.IMAGE: lambda text: (
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + hashlib.sha512(text.encode()).digest()
    ),
}
