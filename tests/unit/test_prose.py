"""Prose: each rule in styles/ finds what it is for, and leaves code and good prose alone."""

from pathlib import Path

import pytest

from tools import prose

LONG = " ".join(["word"] * 26)


BROKEN = [
    (f"Short. {LONG}.", 3, "SentenceLength"),
    (f"| a |\n|---|\n| {LONG} |", 5, "SentenceLength"),
    ("The operator told S3.", 3, "Personification"),
    ("An answer\nmay\nnot come.", 4, "Modals"),
    ("- fine\n- The script is not ours.", 4, "Perspective"),
    ("It waits for ever.", 3, "Vagueness"),
    ("The Agenda is empty.", 3, "Terms"),
    ("The reason is `GaveUp`.", 3, "Names"),
    ("```\noperator --rules file\n```", 4, "Names"),
]


@pytest.mark.parametrize(("text", "line", "rule"), BROKEN)
def test_a_rule_names_the_line_that_breaks_it(text: str, line: int, rule: str) -> None:
    breaches = prose.breaches(f"# Title\n\n{text}\n")
    assert [(each.line, each.rule) for each in breaches] == [(line, rule)]


@pytest.mark.parametrize(
    "page",
    [
        f"Short. {' '.join(['word'] * 25)}.",
        f"`{LONG}` is one word.",
        f"```\n{LONG}\n```",
        "[A link](https://example.com/told)",
        "The call fails with `told`.",
        "However, the operator never tolerates a function in `us-east-1`.",
        "<!-- vale off -->\n\nIt waits for ever.\n\n<!-- vale on -->",
    ],
)
def test_code_and_plain_prose_break_no_rule(page: str) -> None:
    assert not prose.breaches(page)


def test_each_rule_has_an_example() -> None:
    assert {rule for _, _, rule in BROKEN} == prose.rules().keys()


def test_a_page_with_a_breach_fails_and_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.md").write_text("It is told.\n")
    (tmp_path / "good.md").write_text("It is reported.\n")
    assert prose.main([str(tmp_path)]) == 1
    assert capsys.readouterr().out.startswith(f"{tmp_path / 'bad.md'}:1: 'told' is for people")
    assert prose.main([str(tmp_path / "good.md")]) == 0
