"""Command line of the sandbox: `dataflowxpress sandbox up`, `down`, `status`, `env`, `mails`."""

import contextlib
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from dataflowxpress_sandbox.sandbox import Sandbox

app = typer.Typer(
    help="Kubernetes, AWS and the operator on this machine, without containers.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

Directory = Annotated[
    Path, typer.Option("--dir", help="Holds all of one sandbox; two of them do not disturb.")
]
DIRECTORY = Path(".sandbox")


@app.command()
def up(
    directory: Directory = DIRECTORY,
    context: Annotated[
        str | None,
        typer.Option(help="Use this cluster of your kubeconfig instead of starting one."),
    ] = None,
    *,
    operator: Annotated[
        bool, typer.Option(help="Leave the operator out to run it yourself, in a debugger.")
    ] = True,
) -> None:
    """Start a sandbox, or what of it has died.

    The first one on a machine downloads a Kubernetes API server. If the download fails, the command
    builds it from source, which takes some minutes. DATAFLOWXPRESS_ENVTEST_MIRROR is the URL of a
    mirror for the download, or `off`. KUBEBUILDER_ASSETS is a folder that contains the server.
    After `source .sandbox/env`, `kubectl`, `kubectl dataflow` and `aws` use the sandbox.
    """
    with explained():
        _sandbox(directory, context=context, operator=operator).up()
    Console().print(f"Ready. To use it: [bold]source {directory / 'env'}[/]", highlight=False)


@app.command()
def down(directory: Directory = DIRECTORY) -> None:
    """Stop a sandbox and remove all that it has: clusters, buckets, logs, mails."""
    with explained():
        _sandbox(directory).down()
    typer.echo(f"The sandbox in {directory} is stopped and removed.")


@app.command()
def status(directory: Directory = DIRECTORY) -> None:
    """Show the processes, their ports and memory. Exits with 1 if a process has ended."""
    with explained():
        sandbox = _sandbox(directory)
        sandbox.must_exist()
        parts = sandbox.status()
    table = Table("part", "state", "port", "pid", "memory", box=None)
    for part in parts:
        running = part.process
        about = (str(running.pid), f"{running.memory >> 20} MB") if running else ()
        state = "[green]running[/]" if running else "[red]ended[/]"
        table.add_row(part.name, state, str(part.port), *about)
    Console().print(table)
    raise typer.Exit(code=not parts or any(part.process is None for part in parts))


@app.command()
def env(directory: Directory = DIRECTORY) -> None:
    """Print the lines that point a shell at the sandbox: `eval "$(dataflowxpress sandbox env)"`.

    They set KUBECONFIG and the AWS variables, unset variables that lead elsewhere, and put `aws`,
    `dataflowxpress` and `kubectl dataflow` first in PATH.
    """
    with explained():
        typer.echo(_sandbox(directory).shell(), nl=False)


@app.command()
def mails(
    directory: Directory = DIRECTORY,
    *,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Open the confirmation links in the mails.")
    ] = False,
) -> None:
    """Show the mails that the sandbox's SNS has sent; no mail leaves this machine."""
    from dataflowxpress_sandbox.aws import mail

    with explained():
        _sandbox(directory).must_exist()
    console = Console(highlight=False, soft_wrap=True)
    for clicked in mail.confirm(directory) if confirm else ():
        console.print(f"[green]✓[/] {clicked.to} has confirmed")
    found = mail.mails(directory)
    for each in found:
        console.print(f"\n[bold]{escape(each.subject)}[/] to {each.to}\n{escape(each.text)}")
    if not found:
        console.print(f"The sandbox in {directory} has sent no mail yet.")


def _sandbox(directory: Path, *, context: str | None = None, operator: bool = True) -> "Sandbox":
    try:
        from dataflowxpress_sandbox.sandbox import Sandbox
    except ModuleNotFoundError as missing:
        needed = f"The sandbox needs {missing.name}: pip install 'dataflowxpress[sandbox]'"
        raise typer.BadParameter(needed) from missing
    return Sandbox(directory, context=context, operator=operator)


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """Give a command a sentence instead of a traceback, and time to clean up when it is ended."""
    from dataflowxpress_sandbox.errors import SandboxError

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_DFL:  # nohup keeps SIGHUP ignored
            signal.signal(number, signal.default_int_handler)
    try:
        yield
    except SandboxError as error:
        console = Console(stderr=True, highlight=False, soft_wrap=True)
        console.print(f"[red]Error:[/] {escape(str(error))}")
        raise typer.Exit(1) from error
