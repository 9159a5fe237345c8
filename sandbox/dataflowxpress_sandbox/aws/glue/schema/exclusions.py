"""Exclusions: the glob patterns of keys that a crawler skips.

`*` and `?` match within a folder, `**` across folders, `[a-c]` and `[!a-c]` one character, and
`{a,b}` one of several patterns: https://docs.aws.amazon.com/glue/latest/dg/define-crawler.html
"""

from __future__ import annotations

import functools
import re

_TOKENS = re.compile(r"\\.|\*\*|\*|\?|\[!?[^\]]+\]|\{[^}]*\}|.", re.DOTALL)


def is_excluded(key: str, pattern: str) -> bool:
    """Return whether a pattern matches a key; both are relative to the crawled path."""
    return _expression(pattern).fullmatch(key) is not None


@functools.lru_cache(maxsize=1000)
def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(_translated(pattern), re.DOTALL)


def _translated(pattern: str) -> str:
    return "".join(_token(each) for each in _TOKENS.findall(pattern))


def _token(token: str) -> str:
    fixed = {"**": ".*", "*": "[^/]*", "?": "[^/]"}
    if token in fixed:
        return fixed[token]
    if len(token) > 1 and token[0] == "\\":
        return re.escape(token[1])
    if len(token) > 1 and token[0] == "[":
        negated = token[1] == "!"
        characters = token[2 if negated else 1 : -1].replace("\\", "\\\\").replace("[", "\\[")
        return f"[{'^/' if negated else ''}{characters.replace('^', chr(92) + '^')}]"
    if len(token) > 1 and token[0] == "{":
        return f"(?:{'|'.join(_translated(each) for each in token[1:-1].split(','))})"
    return re.escape(token)
