"""IAM: the command that prints the policies for the operator's identity."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(help="Print the policies for the operator's identity.", no_args_is_help=True)


@app.callback()
def iam() -> None:
    """Print the policies that the operator's identity needs in AWS."""


Prefixes = Annotated[
    list[str] | None,
    typer.Option(help="Allow only names with this prefix, for example team-a-; repeatable."),
]


@app.command()
def policy(  # noqa: PLR0913 - options of a command
    *,
    prefix: Prefixes = None,
    boundary: Annotated[
        str, typer.Option(help="ARN of the permissions boundary that each role must have.")
    ] = "",
    any_name: Annotated[
        bool,
        typer.Option("--any-name", help="Allow all names: for an account without other workloads."),
    ] = False,
    without_boundary: Annotated[
        bool,
        typer.Option(
            "--without-boundary",
            help="Allow roles without a boundary. The operator can then obtain every permission of"
            " the account.",
        ),
    ] = False,
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

    Give --prefix and --boundary. A sandbox account needs neither: --any-name --without-boundary.

    Example: `dataflowxpress iam policy --prefix team-a- --boundary ARN > operator.json`
    """
    from dataflowxpress.aws.operator_policy import text
    from dataflowxpress.aws.policy_scope import UNRESTRICTED, PolicyScope

    _require_one("--prefix", prefix, "--any-name", waived=any_name)
    _require_one("--boundary", boundary, "--without-boundary", waived=without_boundary)
    scope = PolicyScope(
        tuple(prefix or UNRESTRICTED.prefixes),
        boundary,
        tuple(key or UNRESTRICTED.keys),
        tuple(account or ()),
        organization,
    )
    typer.echo(text(scope), nl=False)


@app.command()
def lists() -> None:
    """Print the optional policy for lists of an account, which pipelines at rest share.

    Without it, the operator reads the resources of each pipeline one by one.

    Example: `dataflowxpress iam lists > lists.json`
    """
    from dataflowxpress.aws import optional_policies
    from dataflowxpress.aws.policy_scope import as_text

    typer.echo(as_text(optional_policies.lists()), nl=False)


@app.command()
def encryption(
    *,
    prefix: Prefixes = None,
    key: Annotated[
        list[str] | None,
        typer.Option(help="ARN of a KMS key that specs may use; repeatable. Default: all keys."),
    ] = None,
) -> None:
    """Print the optional policy for `spec.encryption`, with the prefixes of the operator's policy.

    Example: `dataflowxpress iam encryption --prefix team-a- --key ARN > encryption.json`
    """
    from dataflowxpress.aws import optional_policies
    from dataflowxpress.aws.policy_scope import UNRESTRICTED, PolicyScope, as_text

    scope = PolicyScope(
        tuple(prefix or UNRESTRICTED.prefixes), keys=tuple(key or UNRESTRICTED.keys)
    )
    typer.echo(as_text(optional_policies.encryption(scope)), nl=False)


@app.command(name="security-configuration")
def security_configuration(*, prefix: Prefixes = None) -> None:
    """Print the optional policy for `spec.encryption.glueSecurityConfiguration`.

    Give the prefixes of the operator's policy.

    Example: `dataflowxpress iam security-configuration --prefix team-a- > configuration.json`
    """
    from dataflowxpress.aws import optional_policies
    from dataflowxpress.aws.policy_scope import UNRESTRICTED, PolicyScope, as_text

    scope = PolicyScope(tuple(prefix or UNRESTRICTED.prefixes))
    typer.echo(as_text(optional_policies.security_configuration(scope)), nl=False)


@app.command(name="access-logs")
def access_logs(
    *,
    bucket: Annotated[
        list[str], typer.Option(help="Name of a bucket for access logs; repeatable.")
    ],
    prefix: Prefixes = None,
) -> None:
    """Print the optional policy for `spec.bucket.accessLogs`.

    Give the prefixes of the operator's policy.

    Example: `dataflowxpress iam access-logs --prefix team-a- --bucket NAME > access-logs.json`
    """
    from dataflowxpress.aws import optional_policies
    from dataflowxpress.aws.policy_scope import UNRESTRICTED, PolicyScope, as_text

    scope = PolicyScope(tuple(prefix or UNRESTRICTED.prefixes))
    typer.echo(as_text(optional_policies.access_logs(scope, bucket)), nl=False)


@app.command()
def network() -> None:
    """Print the optional policy for `spec.network`, which lets Lambda check subnets.

    Example: `dataflowxpress iam network > network.json`
    """
    from dataflowxpress.aws import optional_policies
    from dataflowxpress.aws.policy_scope import as_text

    typer.echo(as_text(optional_policies.network()), nl=False)


@app.command()
def key(
    *,
    account: Annotated[str, typer.Option(help="Account of the pipelines.")],
    region: Annotated[str, typer.Option(help="Region of the pipelines.")],
    partition: Annotated[str, typer.Option(help="Partition of the account.")] = "aws",
) -> None:
    """Print the statements that the policy of a key in `spec.encryption` needs.

    Add them to the statements for the administrators and users of the key.

    Example: `dataflowxpress iam key --account 111122223333 --region eu-west-1`
    """
    import json

    from dataflowxpress.aws import key_policy

    statements = list(key_policy.statements(partition, account, region))
    typer.echo(json.dumps(statements, indent=2))


@app.command()
def changes(
    *,
    name: Annotated[
        str, typer.Option(help="Name of the queue and the rules.")
    ] = "dataflowxpress-changes",
    other_account: Annotated[
        bool,
        typer.Option(
            "--other-account",
            help="Print the policy of a role in another account, which `spec.roleArn` names.",
        ),
    ] = False,
) -> None:
    """Print the optional policy to receive events of changes: `operator --change-queue`.

    Example: `dataflowxpress iam changes > changes.json`
    """
    from dataflowxpress.aws import change_stack
    from dataflowxpress.aws.policy_scope import as_text

    policy = change_stack.probes if other_account else change_stack.policy
    typer.echo(as_text(policy(name)), nl=False)


@app.command("changes-stack")
def changes_stack() -> None:
    """Print the CloudFormation template that sends events of changes to the operator's queue.

    Example: `dataflowxpress iam changes-stack > changes-stack.json`
    """
    from dataflowxpress.aws import change_stack

    typer.echo(change_stack.text(), nl=False)


def _require_one(limit: str, value: object, waiver: str, *, waived: bool) -> None:
    """Raise BadParameter unless the policy is limited, or the limit is waived explicitly."""
    if bool(value) == waived:
        problem = "the two exclude each other" if value else "the policy would have no limit"
        raise typer.BadParameter(
            f"{problem}: give {limit}, or {waiver} for an account without other workloads",
            param_hint=limit,
        )
