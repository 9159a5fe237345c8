"""IAM: the policies that an operator needs, for whoever makes its identity."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(help="Policies for the operator's identity.", no_args_is_help=True)


@app.callback()
def iam() -> None:
    """Print the policies that the operator's identity needs in AWS."""


@app.command()
def policy(
    prefix: Annotated[
        list[str] | None,
        typer.Option(help="Only names that begin so; may be given again. Every name if left out."),
    ] = None,
    boundary: Annotated[
        str, typer.Option(help="ARN of the permissions boundary that every role has to have.")
    ] = "",
    key: Annotated[
        list[str] | None,
        typer.Option(help="ARN of a KMS key that buckets may use. Every key if left out."),
    ] = None,
) -> None:
    """Print the policy of the operator, and of each role that `spec.roleArn` names.

    Example: `dataflowxpress iam policy --prefix team-a- --boundary ARN > operator.json`
    """
    from dataflowxpress.aws.operator_policy import UNRESTRICTED, PolicyScope, text

    limits = PolicyScope(
        tuple(prefix or UNRESTRICTED.prefixes), boundary, tuple(key or UNRESTRICTED.keys)
    )
    typer.echo(text(limits), nl=False)
