"""Missing: names a resource that AWS no longer has."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from botocore.exceptions import ClientError

from dataflowxpress.api.errors import Missing
from dataflowxpress.aws.error_classes import ErrorClass
from dataflowxpress.aws.errors import classify
from dataflowxpress.planning.resource import Resource


@contextlib.contextmanager
def naming(resource: Resource) -> Iterator[None]:
    """Name *resource* in the error if AWS does not have it."""
    try:
        yield
    except ClientError as error:
        if classify(error) is not ErrorClass.MISSING:
            raise
        noun = type(resource).__name__.lower()
        message = f"the {noun} {resource.name} is missing in AWS; the operator compares AWS next"
        raise Missing(message) from error
