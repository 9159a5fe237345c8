"""Report: the command that writes an archive for a bug report."""

from __future__ import annotations

import io
import os
import tarfile
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from dataflowxpress.cli.failures import Failure, reported_errors
from dataflowxpress.cli.target import Context, File, Name, Namespace, target

if TYPE_CHECKING:
    from dataflowxpress.cli.target import Target

PRIVATE = 0o600
README = """Report about DataPipeline {owner}, written by dataflowxpress report at {at}.

Hidden: credentials, values with the name of a secret, arguments of the job, an inline script,
annotations of other programs, and the names in email addresses.
Not hidden: names of AWS resources, account IDs, keys of objects, and values of your data that a
message or a log line of your script quotes. Read the files before you send them.
"""


def report(
    name: Name = "",
    file: File = None,
    namespace: Namespace = "",
    context: Context = "",
    to: Annotated[
        Path | None, typer.Option("--to", help="File to write: a .tar.gz that does not exist.")
    ] = None,
) -> None:
    """Write one archive for a bug report: resource, Events, plan, logs, versions; no secrets.

    The archive names AWS resources, accounts and objects. Read it before you send it. A part that
    cannot be collected is a file with the reason.

    Examples:
    - `dataflowxpress report orders -n data`
    - `dataflowxpress report orders --to report.tar.gz`

    """
    from .parts import collected, parts
    from .redaction import Redactor, secrets_of

    with reported_errors():
        chosen = target(name, file, namespace, context)
        pipeline = chosen.pipeline  # fails first if it does not exist
        redact = Redactor([*secrets_of(pipeline.body.get("spec") or {}), *_credentials(chosen)])
        at = datetime.now(UTC)
        path = to or Path(f"report-{chosen.namespace}-{chosen.name}-{at:%Y%m%d-%H%M%S}.tar.gz")
        files = [*collected(parts(chosen, redact), redact)]
        readme = README.format(owner=pipeline.owner, at=at.isoformat(timespec="seconds"))
        _write(path, [("README.txt", readme), *((each, text) for each, text, _ in files)])
    console = Console(highlight=False, soft_wrap=True)
    for each, _, has_failed in files:
        console.print(f"{'✗' if has_failed else '✓'} {each}", markup=False)
    console.print(f"Written: {path}. Read it before you send it.", markup=False)


def _credentials(chosen: Target) -> Iterator[str]:
    """Yield the secrets of this process: AWS credentials, and the tokens of the kubeconfig."""
    import botocore.session
    from botocore.exceptions import BotoCoreError

    for name in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID"):
        yield os.environ.get(name, "")
    try:
        if credentials := botocore.session.get_session().get_credentials():
            frozen = credentials.get_frozen_credentials()
            yield from filter(None, (frozen.secret_key, frozen.token, frozen.access_key))
    except BotoCoreError as error:  # none to hide: the parts that need AWS name the error
        Console(stderr=True).print(f"No AWS credentials: {error}", markup=False)
    if chosen.live:
        yield from chosen.live.secrets()


def _write(path: Path, files: Iterable[tuple[str, str]]) -> None:
    """Write the archive, readable for the user only; raises Failure if the file exists."""
    folder = path.name.removesuffix(".gz").removesuffix(".tar")
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    except FileExistsError as error:
        raise Failure(f"{path} exists", "give another file with --to") from error
    with os.fdopen(descriptor, "wb") as stream, tarfile.open(fileobj=stream, mode="w:gz") as into:
        for name, text in files:
            _add(into, f"{folder}/{name}", text.encode(errors="backslashreplace"))


def _add(archive: Any, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = len(content), PRIVATE, int(time.time())
    archive.addfile(entry, io.BytesIO(content))
