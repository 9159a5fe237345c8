"""Supplements: what moto forgets, kept by the client so that the laws reach the rest of a kind.

`test_supplements.py` fails when moto needs one of them no longer.
"""

from __future__ import annotations

from typing import Any

_logging: dict[str, Any] = {}  # of functions, by name; names are unique in a session


def supplement(client: Any) -> None:
    """Add to a client what moto lacks of its service."""
    events, service = client.meta.events, client.meta.service_model.service_name
    if service == "s3":
        events.register("provide-client-params.s3.CreateBucket", _remember_bucket)
        events.register("after-call.s3.CreateBucket", lambda **call: _tag_bucket(client, **call))
    if service == "lambda":
        for writer in ("CreateFunction", "UpdateFunctionConfiguration"):
            events.register(f"provide-client-params.lambda.{writer}", _remember_logging)
        events.register("provide-client-params.lambda.GetFunctionConfiguration", _remember_name)
        events.register("after-call.lambda.GetFunctionConfiguration", _add_logging)


def _remember_bucket(params: Any, context: Any, **_: Any) -> None:
    context["bucket"] = params


def _tag_bucket(s3: Any, parsed: Any, context: Any, **_: Any) -> None:
    """Tag a new bucket, because moto ignores the tags of CreateBucket."""
    if "Error" not in parsed:
        bucket = context["bucket"]
        tags = bucket["CreateBucketConfiguration"]["Tags"]
        s3.put_bucket_tagging(Bucket=bucket["Bucket"], Tagging={"TagSet": tags})


def _remember_logging(params: Any, **_: Any) -> None:
    if "LoggingConfig" in params:
        _logging[params["FunctionName"]] = params["LoggingConfig"]


def _remember_name(params: Any, context: Any, **_: Any) -> None:
    context["function"] = params["FunctionName"]


def _add_logging(parsed: Any, context: Any, **_: Any) -> None:
    """Report a function's LoggingConfig, which moto does not store."""
    if "Error" not in parsed and context["function"] in _logging:
        parsed["LoggingConfig"] = _logging[context["function"]]
