"""Command line of the sandbox's faults: `dataflowxpress sandbox faults set`, `list`, `clear`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from dataflowxpress_sandbox.cli import DIRECTORY, Directory, explained
from dataflowxpress_sandbox.errors import SandboxError

if TYPE_CHECKING:
    from pathlib import Path

    from dataflowxpress_sandbox.aws.faults import Faults

app = typer.Typer(
    help="Let the sandbox's AWS lose, double, delay and refuse things, and kill who calls it.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

_ALWAYS = "always"
_PATTERN = "with `*`, `?` and `[...]`"


@app.command("set")
def set_(  # noqa: PLR0913, PLR0917 - a fault has that many sides
    kind: Annotated[
        str,
        typer.Argument(
            help="Of messages: drop, double, reorder, delay. Of calls: throttle, limit, fail, lose"
            " (done, but answered with an error), delay, lag (reads show the past), kill,"
            " kill-after."
        ),
    ],
    on: Annotated[
        str,
        typer.Argument(
            help=f"Where, {_PATTERN}: a call as IAM policies name it, `glue:StartCrawler`; or a"
            " message: `notification:*` of S3, `delivery:<function>` from a queue to a Lambda,"
            " `event:<detail type>` of EventBridge."
        ),
    ],
    directory: Directory = DIRECTORY,
    resource: Annotated[str, typer.Option(help=f"ARN that it is about, {_PATTERN}.")] = "*",
    caller: Annotated[str, typer.Option(help=f"ARN of who calls, {_PATTERN}.")] = "*",
    rate: Annotated[float, typer.Option(help="Part of the matches that is struck.")] = 1.0,
    after: Annotated[int, typer.Option(help="Matches to spare first.")] = 0,
    times: Annotated[
        int | None, typer.Option(help="Strikes at most.", show_default=_ALWAYS)
    ] = None,
    seconds: Annotated[float, typer.Option(help="How long, for what takes time.")] = 5.0,
    per_second: Annotated[float, typer.Option(help="Calls that limit lets pass.")] = 10.0,
    error: Annotated[str, typer.Option(help="Code that fail and lose answer.")] = "InternalError",
    message: Annotated[str, typer.Option(help="What they say with it.")] = "a fault of the sandbox",
    seed: Annotated[int, typer.Option(help="Seed of the choice that --rate leaves open.")] = 0,
) -> None:
    """Let a fault strike from now on, and print its number.

    `set kill 's3:PutObject' --resource '*/dataflowxpress/manifests/*' --times 1` kills the next
    job between its last file and its manifest. More recipes are in docs/faults.md.
    """
    with explained():
        asked = {"resource": resource, "caller": caller, "rate": rate, "after": after}
        more = {"times": times, "seconds": seconds, "error": error}
        more |= {"message": message, "seed": seed, "per_second": per_second}
        try:
            number = _faults(directory).set(kind, on, **asked, **more)
        except ValueError as wrong:
            raise SandboxError(f"There is no such fault: {wrong}") from wrong
    typer.echo(number)


@app.command("list")
def list_(directory: Directory = DIRECTORY) -> None:
    """Show the faults, and how often each has struck."""
    with explained():
        found = _faults(directory).all()
    table = Table("number", "kind", "on", "resource", "caller", "rate", "strikes", box=None)
    for each in found:
        limit = f" of {each['times']}" if each["times"] else ""
        names = (str(each[key]) for key in ("number", "kind", "on", "resource", "caller", "rate"))
        table.add_row(*map(escape, names), f"{each['strikes']}{limit}")
    Console().print(table if found else "There are no faults.")


@app.command()
def clear(
    number: Annotated[
        int | None, typer.Argument(help="Only this fault.", show_default="all")
    ] = None,
    directory: Directory = DIRECTORY,
) -> None:
    """Let no fault strike any more; what is delayed still comes."""
    with explained():
        try:
            _faults(directory).clear(number)
        except LookupError as unknown:
            raise SandboxError(str(unknown)) from unknown


def _faults(directory: Path) -> Faults:
    from dataflowxpress_sandbox.aws import Aws
    from dataflowxpress_sandbox.aws.faults import Faults
    from dataflowxpress_sandbox.sandbox import Sandbox

    sandbox = Sandbox(directory)
    sandbox.must_exist()
    parts = {part.name: part for part in sandbox.status()}
    if "aws" not in parts or not parts["aws"].process:
        raise SandboxError(f"No AWS runs in {directory}: dataflowxpress sandbox up starts it.")
    return Faults(Aws(parts["aws"].port))
