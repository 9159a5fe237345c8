"""Network: the connections of a crawler or job, which Glue uses with the rights of the role."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from dataflowxpress_sandbox.aws.credentials import Credentials

_TAG = {"Key": "aws-glue-service-resource", "Value": "glue"}


class CannotConnectError(Exception):
    """A connection or its subnet does not exist, or the role lacks a permission."""


def connect(credentials: Credentials, connections: Iterable[str]) -> None:
    """Create, tag and delete the network interface of each connection.

    Raises CannotConnectError with the error of AWS.
    """
    for name in connections:
        try:
            _connect(credentials, name)
        except ClientError as error:
            raise CannotConnectError(f"cannot use connection {name}: {error}") from error


def _connect(credentials: Credentials, name: str) -> None:
    found = credentials.client("glue").get_connection(Name=name)["Connection"]
    needs, ec2 = found["PhysicalConnectionRequirements"], credentials.client("ec2")
    ec2.describe_subnets(SubnetIds=[needs["SubnetId"]])
    ec2.describe_security_groups(GroupIds=needs["SecurityGroupIdList"])
    made = ec2.create_network_interface(
        SubnetId=needs["SubnetId"], Groups=needs["SecurityGroupIdList"]
    )
    interface = made["NetworkInterface"]["NetworkInterfaceId"]
    ec2.create_tags(Resources=[interface], Tags=[_TAG])
    ec2.delete_network_interface(NetworkInterfaceId=interface)
