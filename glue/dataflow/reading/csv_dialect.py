"""CSV dialect: how fields of an object are quoted, escaped and trimmed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataflow.source_options import CsvOptions

LINE_END = re.compile(r"\r\n?|\n")
SET_ESCAPE = "; if a backslash escapes quotes in this file, set source.csv.escape"
# A quote after one of these ends a text; after a digit, it can mean inches or seconds.
BEFORE_CLOSING = r"[A-Za-z.!?\x80-\U0010ffff]"
NEVER = re.compile("(?!)")


class Dialect:
    """The options of a CSV object as patterns.

    A quote has a meaning only at the beginning of a field, and inside of the field that it opens.
    """

    def __init__(self, options: CsvOptions) -> None:
        self.delimiter, self.quote, self.comment = options.delimiter, options.quote, options.comment
        self.escape = "" if options.escape == options.quote else options.escape
        self.trims, self.ignores_empty = options.trim_values, options.ignore_empty_lines
        self.blanks = "".join(sorted({" ", "\t"} - set(options.delimiter)))
        self._nulls = frozenset(("", *options.null_values))
        blanks, delimiter = f"[{self.blanks}]*+" if self.blanks else "", re.escape(self.delimiter)
        quote = re.escape(self.quote)
        self.quoted = self._quoted(self.escape)  # groups: spaces, content, spaces
        self.quoted_with_backslashes = self._quoted("\\")
        self.opening = re.compile(f"(?:^|{delimiter}){blanks}{quote}") if quote else NEVER
        self.fields = self._fields() if quote else NEVER  # of a line without errors
        # A quote closes only before a delimiter or a line end; others belong to the value.
        self.quoted_leniently = re.compile(rf"{blanks}{quote}[^\r\n]*?{quote}(?=$|{delimiter})")
        is_common = self.quote == '"'  # an apostrophe ends words
        closing = f"{BEFORE_CLOSING}{quote}(?={delimiter}|$)"
        self.closing = re.compile(closing) if is_common else NEVER  # of a quote that none opens
        escaped = f"{re.escape(self.escape)}([{re.escape(self.escape)}{quote}])|"
        self._escapes = re.compile(f"{escaped if self.escape else '()'}{quote}{quote}")

    def _quoted(self, escape: str) -> re.Pattern[str]:
        if not self.quote:
            return NEVER
        quote, blanks = re.escape(self.quote), f"[{self.blanks}]*+" if self.blanks else ""
        plain = f"[^{quote}{re.escape(escape)}]*+"
        pair = f"{quote}{quote}" + (f"|{re.escape(escape)}." if escape else "")
        content = f"{plain}(?:(?:{pair}){plain})*+"
        return re.compile(f"({blanks}){quote}({content}){quote}({blanks})", re.DOTALL)

    def _fields(self) -> re.Pattern[str]:
        """Return a pattern with the groups of `quoted`, of an unquoted field, and of its end."""
        quoted, delimiter = self.quoted.pattern, re.escape(self.delimiter)
        start = f"(?![{self.blanks}]*+{self.quote})" if self.blanks else f"(?!{self.quote})"
        plain = f"[^{delimiter}]*+" if len(self.delimiter) == 1 else f"(?:(?!{delimiter}).)*+"
        return re.compile(f"(?:{quoted}|{start}({plain}))({delimiter}|$)", re.DOTALL)

    def unquoted(self, value: str) -> str | None:
        """Return the value of an unquoted field; None is null."""
        value = value.strip(self.blanks) if self.trims else value
        return None if value in self._nulls else value

    def unescaped(self, content: str) -> str:
        """Return the value of a quoted field."""
        if self.quote not in content and not (self.escape and self.escape in content):
            return content
        return self._escapes.sub(lambda found: found[1] or self.quote, content)

    def opens(self, text: str, position: int) -> bool:
        """Return whether a field begins with a quote, perhaps after spaces."""
        while text[position : position + 1] and text[position] in self.blanks:
            position += 1
        return bool(self.quote) and text.startswith(self.quote, position)

    def limits(self, text: str, position: int) -> bool:
        """Return whether a field ends at a position."""
        return not text[position : position + 1] or text.startswith(
            ("\n", "\r", self.delimiter), position
        )

    def escape_hint(self, text: str) -> str:
        r"""Return the end of a message about a text with `\"`, if no escape is set."""
        return SET_ESCAPE if not self.escape and f"\\{self.quote}" in text else ""

    def is_no_record(self, line: str, width: int) -> bool:
        """Return whether a line is a comment or empty; in one column, spaces are a value."""
        if self.comment and line.startswith(self.comment):
            return True
        return self.ignores_empty and not (line if width == 1 else line.strip(self.blanks))


def line_end(text: str, position: int, *, is_last: bool) -> tuple[int, int | None]:
    """Return where the line ends and where the next begins; None if the text may lack its end."""
    found = LINE_END.search(text, position)
    if found is None:
        return len(text), len(text) if is_last else None
    if not is_last and found.end() == len(text) and found[0] == "\r":
        return found.start(), None  # a \n may follow
    return found.start(), found.end()
