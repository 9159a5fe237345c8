"""Lengths that AWS documents only, and refuses all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.aws.conftest import allow, policy, unique

if TYPE_CHECKING:
    from tests.sandbox.aws.conftest import Place


def test_a_topic_has_a_display_name_of_100_characters_at_most(place: Place) -> None:
    sns = place.aws.client("sns")
    name = unique("topic")
    with pytest.raises(ClientError, match="DisplayName"):
        sns.create_topic(Name=name, Attributes={"DisplayName": "d" * 101})
    topic = sns.create_topic(Name=name, Attributes={"DisplayName": "d" * 100})["TopicArn"]
    change = {"TopicArn": topic, "AttributeName": "DisplayName"}
    with pytest.raises(ClientError, match="DisplayName"):
        sns.set_topic_attributes(**change, AttributeValue="e" * 101)
    sns.set_topic_attributes(**change, AttributeValue="e" * 100)


def test_the_policies_of_a_role_have_10240_characters_together(place: Place) -> None:
    iam, name = place.aws.client("iam"), place.role().rpartition("/")[2]
    half = policy(allow("s3:GetObject", resource=f"arn:aws:s3:::{'b' * 5000}"))
    iam.put_role_policy(RoleName=name, PolicyName="one", PolicyDocument=half)
    with pytest.raises(ClientError, match="Maximum policy size of 10240 bytes exceeded"):
        iam.put_role_policy(RoleName=name, PolicyName="two", PolicyDocument=half)
