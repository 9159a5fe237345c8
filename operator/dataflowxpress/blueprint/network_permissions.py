"""Network permissions: what Glue and Lambda need from a role to run in a VPC."""

from __future__ import annotations

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.aws.resources.grant import Grant
from dataflowxpress.planning.resource import Scope

from .permissions import allow

GLUE_TAG = "aws-glue-service-resource"  # Glue sets it on the interfaces of a run
# True if the key is absent. Calls of the code of a function have it, and those of Lambda have not.
BY_LAMBDA_ITSELF = {"StringNotLike": {"lambda:SourceFunctionArn": "*"}}


def of_function(spec: DataPipelineSpec, scope: Scope) -> tuple[Grant, ...]:
    """Return the permissions of Lambda to connect a function to the subnets of the spec."""
    network = spec.network
    if not network.subnet_ids:
        return ()
    where = [_arn(scope, f"subnet/{each}") for each in network.subnet_ids]
    where += [_arn(scope, f"security-group/{each}") for each in network.security_group_ids]
    interfaces = _arn(scope, "network-interface/*")
    return (
        allow(
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSubnets",
            on=["*"],
            when=BY_LAMBDA_ITSELF,
        ),
        allow("ec2:CreateNetworkInterface", on=[*where, interfaces], when=BY_LAMBDA_ITSELF),
        allow(
            "ec2:AssignPrivateIpAddresses",
            "ec2:DeleteNetworkInterface",
            "ec2:UnassignPrivateIpAddresses",
            on=[interfaces],
            when=BY_LAMBDA_ITSELF,
        ),
    )


def of_glue(spec: DataPipelineSpec, scope: Scope) -> tuple[Grant, ...]:
    """Return the permissions of Glue to connect crawler and job by the connection of the spec."""
    if not (connection := spec.network.connection):
        return ()
    glue = f"arn:{scope.partition}:glue:{scope.region}:{scope.account}"
    interfaces = _arn(scope, "network-interface/*")
    return (
        allow("glue:GetConnection", on=[f"{glue}:catalog", f"{glue}:connection/{connection}"]),
        allow(
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeRouteTables",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcEndpoints",
            on=["*"],
        ),
        allow(
            "ec2:CreateNetworkInterface",
            on=[interfaces, _arn(scope, "subnet/*"), _arn(scope, "security-group/*")],
        ),
        allow("ec2:DescribeVpcAttribute", on=[_arn(scope, "vpc/*")]),
        allow("ec2:DeleteNetworkInterface", on=[interfaces]),
        allow(
            "ec2:CreateTags",
            "ec2:DeleteTags",
            on=[interfaces],
            when={"ForAllValues:StringEquals": {"aws:TagKeys": [GLUE_TAG]}},
        ),
    )


def _arn(scope: Scope, resource: str) -> str:
    """Return an ARN of EC2 in any account: another account can share its subnets."""
    return f"arn:{scope.partition}:ec2:{scope.region}:*:{resource}"
