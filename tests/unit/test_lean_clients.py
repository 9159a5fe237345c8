"""Lean clients: clients of one service share their methods, and call AWS as others do."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.stub import Stubber

from dataflowxpress.aws.lean_clients import lean_session

SERVICES = ("glue", "kms", "logs", "s3", "sqs", "sts")


def session(*, lean: bool = True) -> botocore.session.Session:
    made = lean_session() if lean else botocore.session.Session()
    made.set_credentials("key", "secret")
    return made


def client(service: str, made: botocore.session.Session) -> Any:
    return boto3.Session(botocore_session=made, region_name="eu-west-1").client(service)


@pytest.mark.parametrize("service", SERVICES)
def test_clients_share_methods_and_have_the_same_ones_as_others(service: str) -> None:
    usual, one, two = (
        client(service, session(lean=False)),
        *(client(service, session()) for _ in range(2)),
    )
    assert dir(one) == dir(usual)
    methods = [
        name for name in dir(one) if not name.startswith("_") and callable(getattr(one, name))
    ]
    assert len(methods) > 10
    own = {name for name in methods if name in vars(type(one))}
    assert own
    assert all(vars(type(one))[name] is vars(type(two))[name] for name in own)


def test_a_shared_method_calls_aws_with_the_client_that_has_it() -> None:
    glue = [client("glue", session()) for _ in range(2)]
    for name, each in zip("ab", glue, strict=True):
        with Stubber(each) as answers:
            answers.add_response("get_database", {"Database": {"Name": name}}, {"Name": name})
            assert each.get_database(Name=name)["Database"]["Name"] == name
    assert glue[0].can_paginate("get_tables")
    assert glue[0].exceptions.EntityNotFoundException is not None


def test_the_first_session_leaves_the_memory_when_no_client_needs_it() -> None:
    first = session()
    kept = client("kms", first)
    gone = weakref.ref(first)
    other = client("kms", session())
    del first, kept
    gc.collect()
    assert gone() is None
    assert other.meta.service_model.service_name == "kms"
