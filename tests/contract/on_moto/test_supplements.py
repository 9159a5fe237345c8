"""The supplements of the client, which moto must still need."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dataflowxpress.aws.resources import Bucket, Function
from tests.contract.samples import SAMPLES, with_all_it_needs

if TYPE_CHECKING:
    from dataflowxpress_sandbox.aws import Aws
    from tests.contract.conftest import Pipeline


def test_moto_still_ignores_the_tags_of_a_new_bucket(
    moto: Aws, pipeline: Pipeline, name: str
) -> None:
    bucket, s3 = Bucket(pipeline.scope, name), moto.client("s3")
    bucket.create(s3, bucket.desired(), {"team": "data"})
    with pytest.raises(s3.exceptions.ClientError, match="NoSuchTagSet"):
        s3.get_bucket_tagging(Bucket=name)


def test_moto_still_forgets_the_log_group_of_a_function(
    moto: Aws, pipeline: Pipeline, name: str
) -> None:
    described = with_all_it_needs(SAMPLES["Function"].make(pipeline.scope, name))
    pipeline.converge(described)
    assert "LoggingConfig" in described[-1].desired()
    assert "LoggingConfig" not in Function.read(moto.client("lambda"), name)
