"""IAM: the command that prints the policies for the operator's identity."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(help="Print the policies for the operator's identity.", no_args_is_help=True)


@app.callback()
def iam() -> None:
    """Print the policies that the operator's identity needs in AWS."""


@app.command()
def policy(
    prefix: Annotated[
        list[str] | None,
        typer.Option(help="Allow only names with this prefix; repeatable. Default: all names."),
    ] = None,
    boundary: Annotated[
        str, typer.Option(help="ARN of the permissions boundary that each role must have.")
    ] = "",
    key: Annotated[
        list[str] | None,
        typer.Option(help="ARN of a KMS key that buckets may use; repeatable. Default: all keys."),
    ] = None,
    account: Annotated[
        list[str] | None,
        typer.Option(
            help="Account of roles in spec.roleArn; repeatable. Default: the operator's own."
        ),
    ] = None,
    organization: Annotated[
        str,
        typer.Option(help="ID of the AWS organization that has the accounts of these roles."),
    ] = "",
) -> None:
    """Print the policy of the operator, and of each role that `spec.roleArn` names.

    Example: `dataflowxpress iam policy --prefix team-a- --boundary ARN > operator.json`
    """
    from dataflowxpress.aws.operator_policy import UNRESTRICTED, PolicyScope, text

    scope = PolicyScope(
        tuple(prefix or UNRESTRICTED.prefixes),
        boundary,
        tuple(key or UNRESTRICTED.keys),
        tuple(account or ()),
        organization,
    )
    typer.echo(text(scope), nl=False)
