"""CSV text: the lines of an object that can hold records, without those that the options name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dataflow.reading.csv_dialect import line_end
from dataflow.skip_reasons import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dataflow.source_options import CsvOptions

PIECE = 8 * 1024 * 1024  # characters that are decoded at once


def lines_of_data(blocks: Iterable[str], options: CsvOptions) -> Iterator[str]:
    """Return the text without byte order mark, skipped lines and footer, in pieces."""
    text = _pieces(_without_mark(blocks))
    text = _without_head(text, options.skip_lines) if options.skip_lines else text
    return _without_footer(text, options.footer_lines) if options.footer_lines else text


def first_characters(text: Iterator[str], size: int) -> tuple[str, bool]:
    """Return at least the first characters, and whether they are all."""
    head = ""
    for piece in text:
        head += piece
        if len(head) > size:
            return head, False
    return head, True


def _without_mark(blocks: Iterable[str]) -> Iterator[str]:
    is_first = True
    for block in blocks:
        if block:
            yield block.removeprefix("\ufeff") if is_first else block
            is_first = False


def _pieces(blocks: Iterable[str]) -> Iterator[str]:
    for block in blocks:
        if len(block) <= PIECE:
            yield block
        else:
            yield from (block[start : start + PIECE] for start in range(0, len(block), PIECE))


def _without_head(blocks: Iterator[str], count: int) -> Iterator[str]:
    """Return the text after a number of lines."""
    text, left = "", count
    for block in blocks:
        text += block
        position = 0
        while left:
            _, following = line_end(text, position, is_last=False)
            if following is None:
                break
            position, left = following, left - 1
        text = text[position:]
        if not left:
            break
    if not left:
        yield text
        yield from blocks


def _without_footer(blocks: Iterator[str], count: int) -> Iterator[str]:
    """Return the text before the last lines; empty lines at the end do not count."""
    text = ""
    for block in blocks:
        text += block
        start = _start_of_last(text, count + 1)  # the last line may be incomplete
        yield text[:start]
        text = text[start:]
    yield text[: _start_of_last(text, count)]


def _start_of_last(text: str, count: int) -> int:
    """Return the position of the first of the last lines that are not empty."""
    position = len(text)
    while count and position:
        end = len(text[:position].rstrip("\r\n")) if position else 0
        position = max(text.rfind("\n", 0, end), text.rfind("\r", 0, end)) + 1
        count -= 1
    return position


def whole_lines(blocks: Iterable[str], longest: int) -> Iterator[list[str]]:
    """Return the lines of a text in lists, without their line ends."""
    text = ""
    for piece in _pieces(_without_mark(blocks)):
        text += piece
        is_cut = text.endswith("\r")  # a \n may follow
        *lines, text = _unified(text[:-1] if is_cut else text).split("\n")
        text += "\r" if is_cut else ""
        if len(text) > longest:
            raise Unreadable(f"a line is longer than {longest} characters")
        if lines:
            yield lines
    if text:
        yield _unified(text).split("\n")


def _unified(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
