"""The recording: two sessions that differ in times and IDs make the same picture."""

from __future__ import annotations

import html
import re

from dataflowxpress.blueprint import artifacts
from tools.recording.drawing import settled, svg
from tools.recording.session import COMMANDS, WIDTH

STATUS = """\
│  ├─ ✓ crawler      default-trips  Succeeded {time}
│  ├─ ✓ job          default-trips  SUCCEEDED {time}, {seconds} s, 3 rows
AWS was last compared with the spec {seconds} seconds ago (2026-11-27 {time} UTC).
SUCCEEDED   2026-11-27 {time}{seconds:>9}         1             3           0
  jr_{run}
Runs and crawls since 2026-10-28T{time}Z, as AWS Glue reports them.
"""


def status(time: str, seconds: int, run: str) -> str:
    return STATUS.format(time=time, seconds=seconds, run=run * 64)


def test_two_recordings_of_the_same_commands_are_the_same_picture() -> None:
    first, second = status("00:41:02", 3, "a"), status("23:59:59", 41, "0")
    assert settled(first) == settled(second)
    assert svg([("x", first)], WIDTH) == svg([("x", second)], WIDTH)
    assert svg([("x", first)], WIDTH) != svg([("x", first.replace("3 rows", "4 rows"))], WIDTH)


def test_the_picture_has_each_shown_command_and_loads_nothing_from_another_host() -> None:
    picture = artifacts.path("docs/images/recording.svg").read_text()
    text = html.unescape(re.sub(r"<[^>]+>", "", picture)).replace("\xa0", " ")
    words = "".join(text.split())
    for command in COMMANDS:
        assert ("".join(command.line.split()) in words) is command.shown, command.line
    assert not re.search(r"(href|src|url\()\s*=?\s*[\"']?https?:", picture)
