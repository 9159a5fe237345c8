"""Network: the VPC of crawler, job and functions."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .formats import Name, SecurityGroupId, SubnetId
from .model import SpecModel, ValidationRule


class Network(SpecModel):
    """The VPC in which crawler, job and functions run. Default: the network of AWS."""

    VALIDATION_RULES = (
        ValidationRule(
            "functions in a VPC need subnets and security groups; give both, or none",
            cel="(has(self.subnetIds) && self.subnetIds.size() > 0)"
            " == (has(self.securityGroupIds) && self.securityGroupIds.size() > 0)",
            holds=lambda network: bool(network.subnet_ids) == bool(network.security_group_ids),
            field=".subnetIds",
        ),
    )

    connection: Name | None = None
    """An existing Glue connection of type `NETWORK`, for crawler and job."""

    subnet_ids: Annotated[tuple[SubnetId, ...], Field(max_length=16)] = ()
    """The subnets of the functions, with a route to AWS: a NAT gateway or VPC endpoints."""

    security_group_ids: Annotated[tuple[SecurityGroupId, ...], Field(max_length=5)] = ()
    """The security groups of the functions."""
