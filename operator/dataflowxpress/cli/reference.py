"""Reference: the commands that print the CRD and a schema, and explain a status and alerts."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dataflowxpress.api.reasons import EVENT, Reason, table

from .terminal import Output, document, write

ALERT_PREFIX = re.compile("^(DataPipeline|DataFlowXpress)")


def _complete(incomplete: str) -> list[str]:
    words = [*_conditions(), *map(str, Reason)]  # alerts take longer to find
    return [word for word in words if word.lower().startswith(incomplete.lower())]


def crd() -> None:
    """Print the CustomResourceDefinition: `dataflowxpress crd | kubectl apply -f -`."""
    from dataflowxpress.api.crd import manifest

    typer.echo(manifest(), nl=False)


def schema() -> None:
    """Print the JSON schema of a manifest, for editors and validators.

    Example: `dataflowxpress schema > datapipeline.schema.json`
    """
    from dataflowxpress.api.json_schema import document as json_schema

    typer.echo(json_schema(), nl=False)


def explain(
    word: Annotated[
        str,
        typer.Argument(
            metavar="WORD",
            help="A reason, condition or alert; without one, all reasons.",
            autocompletion=_complete,
        ),
    ] = "",
    output: Annotated[
        Output, typer.Option("--output", "-o", help="For people or programs.")
    ] = Output.text,
) -> None:
    """Explain a reason, a condition or an alert, and name the fix.

    Examples:
    - `dataflowxpress explain LastRunFailed`
    - `dataflowxpress explain DataCurrent`
    - `dataflowxpress explain RowsRejected`

    """
    console = Console(highlight=False)
    if not word:
        if output is Output.text:
            _all(console)
        else:
            write([document([*map(entry, Reason)], output)])
        return
    words = _words()
    if output is not Output.text:
        chosen = words.get(word.lower())
        found_words = [chosen] if chosen else _about(word.lower(), words)
        write([document([*map(entry, found_words)], output)])
        return
    if found := words.get(word.lower()):
        lines = _lines(found)
    elif about := _about(word.lower(), words):
        lines = _lines(about[0]) if len(about) == 1 else iter([_listed(about)])
    else:
        near = difflib.get_close_matches(word.lower(), words, n=3, cutoff=0.5)
        guess = f" Do you mean {', '.join(words[each] for each in near)}?" if near else ""
        raise typer.BadParameter(
            f"{word!r} is no reason, condition or alert.{guess}"
            " `dataflowxpress explain` lists all reasons."
        )
    for line in lines:
        console.print(line)


def _words() -> dict[str, str]:
    """Return every word that has an explanation, by its lower-case form.

    An alert has a short form without its prefix; a reason of that name goes first.
    """
    alerts = {path.stem: path.stem for path in _runbooks().glob("*.md")}
    short = {ALERT_PREFIX.sub("", name): name for name in alerts}
    own = {str(each): str(each) for each in (*_conditions(), *Reason)}
    return {name.lower(): found for name, found in {**short, **alerts, **own}.items()}


def _about(part: str, words: dict[str, str]) -> list[str]:
    """Return the words that contain *part*, else those whose summaries do."""
    return sorted({found for name, found in words.items() if part in name}) or sorted(
        {found for found in words.values() if part in _summary(found).lower()}
    )


def _summary(word: str) -> str:
    """Return the meaning of a reason, or what a condition or an alert is about."""
    if word in set(Reason):
        return Reason(word).meaning
    if word in _conditions():
        return f"A condition; {len(_conditions()[word])} reasons."
    return f"An alert: {next(line for line in _page(word) if not line.startswith('#'))}"


def entry(word: str) -> dict[str, object]:
    """Return a reason, condition or alert for programs."""
    if word in set(Reason):
        reason = Reason(word)
        where = reason.where.split(", ")
        return {"name": word, "where": where, "meaning": reason.meaning, "fix": reason.fix}
    return {"name": word, "meaning": _summary(word)}


def _runbooks() -> Path:
    from dataflowxpress.blueprint import artifacts

    return artifacts.path("docs/runbooks")


def _conditions() -> dict[str, list[Reason]]:
    """Return the reasons of each condition."""
    found: dict[str, list[Reason]] = {}
    for reason in Reason:
        for where in reason.where.split(", "):
            found.setdefault(where, []).append(reason)
    return {condition: reasons for condition, reasons in found.items() if condition != EVENT}


def _lines(word: str) -> Iterator[Text | Table]:
    if word in set(Reason):
        reason = Reason(word)
        yield Text.assemble((word, "bold"), f" (given by {reason.where})")
        yield _plain(reason.meaning)
        yield Text.assemble(("Fix: ", "bold"), _plain(reason.fix or "none needed"))
    elif word in _conditions():
        yield Text.assemble((word, "bold"), " (a condition) gives these reasons:")
        yield _listed(_conditions()[word])
    else:
        yield from map(_of_page, _page(word))


def _page(alert: str) -> Iterator[str]:
    """Yield the lines of an alert's runbook that have text."""
    for line in (_runbooks() / f"{alert}.md").read_text().splitlines():
        if line and not line.startswith("```"):
            yield line


def _of_page(line: str) -> Text:
    return Text(line.lstrip("# "), style="bold") if line.startswith("#") else _plain(line)


def _plain(markdown: str) -> Text:
    """Return a line of Markdown without its marks."""
    linked = re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", markdown)
    return Text(re.sub(r"`|\*\*", "", linked))


def _all(console: Console) -> None:
    """Print all reasons: for a person by condition, for a file as a page in Markdown."""
    if not console.is_terminal:
        typer.echo(table(), nl=False)
        return
    for condition in _conditions():
        for line in _lines(condition):
            console.print(line)
        console.print()
    console.print(Text.assemble(("Events", "bold"), " give these reasons, too:"))
    console.print(_listed([reason for reason in Reason if reason.where == EVENT]))
    console.print("\nThe fix: dataflowxpress explain REASON")


def _listed(words: Sequence[str]) -> Table:
    found = Table.grid(padding=(0, 2))
    found.add_column(no_wrap=True, style="bold")
    found.add_column()
    for word in words:
        found.add_row(str(word), _plain(_summary(word)))
    return found
