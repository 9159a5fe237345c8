"""Mails and alarms: who gets which, and when."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from dataflowxpress_sandbox.aws import advance, mail

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.aws.conftest import Place

    Eventually = Callable[..., Any]


@pytest.fixture
def topic(place: Place) -> str:
    arn: str = place.aws.client("sns").create_topic(Name=place.name)["TopicArn"]
    return arn


@pytest.fixture
def reader(place: Place) -> str:
    return f"{place.name}@example.com"


def mails_to(place: Place, reader: str) -> list[mail.Mail]:
    return [each for each in mail.mails(place.aws.directory) if each.to == reader]


def confirmed(place: Place, topic: str, reader: str) -> None:
    place.aws.client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint=reader)
    mail.confirm(place.aws.directory, reader)


def test_a_reader_hears_nothing_before_the_link_is_clicked(
    place: Place, topic: str, reader: str, eventually: Eventually
) -> None:
    sns = place.aws.client("sns")
    answer = sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=reader)
    listed = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert answer["SubscriptionArn"] == "pending confirmation"
    assert [each["SubscriptionArn"] for each in listed] == ["PendingConfirmation"]
    sns.publish(TopicArn=topic, Subject="too early", Message="text")
    (asked,) = mail.confirm(place.aws.directory, reader)
    assert asked.to == reader
    listed = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert listed[0]["SubscriptionArn"].startswith(topic)
    sns.publish(TopicArn=topic, Subject="Grüße", Message="first line\nsecond line")
    reported = eventually(lambda: mails_to(place, reader)[1:])
    assert [each.subject for each in reported] == ["Grüße"]
    assert reported[0].text.startswith("first line\nsecond line\n")


def test_a_link_is_clicked_once(place: Place, topic: str, reader: str) -> None:
    confirmed(place, topic, reader)
    assert [each for each in mail.confirm(place.aws.directory) if each.to == reader] == []


def test_an_event_reaches_a_mail_through_a_rule_that_words_it(
    place: Place, topic: str, reader: str, eventually: Eventually
) -> None:
    confirmed(place, topic, reader)
    events = place.aws.client("events")
    pattern = {"source": ["aws.glue"], "detail": {"crawlerName": [place.name], "state": ["Failed"]}}
    events.put_rule(Name=place.name, EventPattern=json.dumps(pattern))
    wording = {
        "InputPathsMap": {"name": "$.detail.crawlerName", "why": "$.detail.errorMessage"},
        "InputTemplate": '"The crawl <name> failed: <why>"',
    }
    target = {"Id": "mail", "Arn": topic, "InputTransformer": wording}
    events.put_targets(Rule=place.name, Targets=[target])
    glue = place.aws.client("glue")
    glue.create_crawler(
        Name=place.name, Role=place.role(), DatabaseName="missing", Targets={"S3Targets": []}
    )
    glue.start_crawler(Name=place.name)
    reported = eventually(lambda: mails_to(place, reader)[1:])
    assert reported[0].subject == "AWS Notification Message"
    assert f"The crawl {place.name} failed: " in reported[0].text


def test_a_dead_letter_raises_the_alarm_of_its_own_queue_and_a_mail(
    place: Place, topic: str, reader: str, eventually: Eventually
) -> None:
    confirmed(place, topic, reader)
    sqs, cloudwatch = place.aws.client("sqs"), place.aws.client("cloudwatch")
    names = (f"{place.name}-dead", f"{place.name}-other")
    dead, _ = (sqs.create_queue(QueueName=name)["QueueUrl"] for name in names)
    for name in names:
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            Namespace="AWS/SQS",
            MetricName="ApproximateNumberOfMessagesVisible",
            Dimensions=[{"Name": "QueueName", "Value": name}],
            Statistic="Maximum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=0,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="notBreaching",
            AlarmActions=[topic],
        )

    def states() -> list[str]:
        found = cloudwatch.describe_alarms(AlarmNames=list(names))["MetricAlarms"]
        return [each["StateValue"] for each in sorted(found, key=lambda each: each["AlarmName"])]

    eventually(lambda: states() == ["OK", "OK"])
    sqs.send_message(QueueUrl=dead, MessageBody="lost")
    eventually(lambda: states() == ["ALARM", "OK"])
    reported = eventually(lambda: mails_to(place, reader)[1:])
    assert reported[0].subject.startswith(f'ALARM: "{names[0]}"')


def test_a_subscription_that_nobody_confirms_is_forgotten_after_two_days(
    own_place: Place, eventually: Eventually
) -> None:
    sns, reader = own_place.aws.client("sns"), "ann@example.com"
    topic = sns.create_topic(Name=own_place.name)["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=reader)

    def listed() -> list[str]:
        found = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
        return [each["Endpoint"] for each in found]

    advance(own_place.aws.port, 47 * 3600)
    assert listed() == [reader]
    advance(own_place.aws.port, 2 * 3600)
    assert listed() == []
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=reader)
    eventually(lambda: len(mails_to(own_place, reader)) == 2)
    mail.confirm(own_place.aws.directory, reader)
    advance(own_place.aws.port, 100 * 3600)
    assert listed() == [reader]
