"""Clients: of AWS services, from one session, which leaves the times of S3 as S3 writes them.

To parse them is most of the work of a list of objects, and a run lists all objects twice.
"""

from __future__ import annotations

import functools
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.utils import parse_timestamp

THREADS = 16
CALLS = Config(max_pool_connections=THREADS, retries={"mode": "standard", "max_attempts": 10})


def client(service: str) -> Any:
    """Return a new client."""
    return _session().client(service, config=CALLS)


@functools.cache
def _session() -> boto3.Session:
    session = botocore.session.get_session()
    factory = session.get_component("response_parser_factory")
    factory.set_parser_defaults(timestamp_parser=_time)
    return boto3.Session(botocore_session=session)


def _time(value: Any) -> Any:
    """Return text as it is, and what a number means."""
    return value if isinstance(value, str) else parse_timestamp(value)
