"""Metrics: the `AWS/SQS` metrics in CloudWatch, and alarms for a single queue.

Like on AWS, each queue has one data point a minute. Unlike on AWS, the latest data point is updated
every 2 seconds, so that alarms do not take minutes. ministack has no such metrics, and its alarms
evaluate all queues together.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import cloudwatch, sqs

logger = logging.getLogger("dataflowxpress.metrics")

_SECONDS = 2.0  # between two measurements
_SHARE = 0.1  # of the time that measurements of many queues take at most
_MINUTE = 60
_HOUR = 3600
_NAMESPACE = "AWS/SQS"
_METRICS = {
    "ApproximateNumberOfMessagesVisible": "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible": "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed": "ApproximateNumberOfMessagesDelayed",
}
_BREACHES = {
    "GreaterThanOrEqualToThreshold": float.__ge__,
    "GreaterThanThreshold": float.__gt__,
    "LessThanThreshold": float.__lt__,
    "LessThanOrEqualToThreshold": float.__le__,
}


def start() -> None:
    """Measure in the background, and evaluate the alarms of queues like AWS."""
    original = cloudwatch._evaluate_alarm

    def evaluate(alarm: dict[str, Any]) -> None:
        if alarm.get("Namespace") == _NAMESPACE and alarm["ComparisonOperator"] in _BREACHES:
            _evaluate(alarm)
        else:
            original(alarm)

    evict = cloudwatch._evict_old_metrics
    cloudwatch._evaluate_alarm = evaluate
    cloudwatch._evict_old_metrics = lambda: None  # at each call, it reads all points of all metrics
    threading.Thread(target=_measure_forever, args=(evict,), name="metrics", daemon=True).start()


def _measure_forever(evict: Callable[[], None]) -> None:
    pause, seconds, evicted = threading.Event(), _SECONDS, time.monotonic()
    while not pause.wait(seconds):
        started = time.monotonic()
        is_due = started - evicted > _HOUR
        evicted = started if is_due else evicted
        for account, region in {key[:2] for key in list(sqs._queues._data)}:
            with request_scope(account, region):
                try:
                    _measure()
                    cloudwatch._evaluate_all_alarms()
                    if is_due:
                        evict()
                except Exception:  # one error must not end the measurements
                    logger.exception("queues of %s in %s", account, region)
        seconds = max(_SECONDS, (time.monotonic() - started) / _SHARE)


def _measure() -> None:
    now = time.time()
    for url, queue in list(sqs._queues.items()):
        sqs._refresh_counts(queue)
        dimensions = {"QueueName": url.rsplit("/", 1)[-1]}
        for metric, attribute in _METRICS.items():
            key = (_NAMESPACE, metric, cloudwatch._dims_key(dimensions))
            points = cloudwatch._metric_bucket(key)
            value = float(queue["attributes"][attribute])
            if points and points[-1]["Timestamp"] // _MINUTE == now // _MINUTE:
                points[-1].update(Timestamp=now, Value=value)
            else:
                cloudwatch.record_metric(_NAMESPACE, metric, value, "Count", dimensions)


def _evaluate(alarm: dict[str, Any]) -> None:
    values = _values(alarm)
    missing = alarm.get("TreatMissingData", "missing")
    known = [value for value in values if value is not None]
    if not known and missing in {"missing", "ignore"}:
        return
    breaches = _BREACHES[alarm["ComparisonOperator"]]
    breaching = sum(
        missing == "breaching" if value is None else breaches(value, alarm["Threshold"])
        for value in values
    )
    needed = alarm.get("DatapointsToAlarm") or alarm["EvaluationPeriods"]
    _become(alarm, "ALARM" if breaching >= needed else "OK", known)


def _values(alarm: dict[str, Any]) -> list[float | None]:
    """Return the statistic of each evaluated period, the latest first."""
    dimensions = cloudwatch._dims_from_list(alarm.get("Dimensions") or [])
    key = (alarm["Namespace"], alarm["MetricName"], cloudwatch._dims_key(dimensions))
    points, now = list(cloudwatch._metrics.get(key) or ()), time.time()
    values: list[float | None] = []
    for number in range(alarm["EvaluationPeriods"]):
        end = now - number * alarm["Period"]
        inside = [p for p in points if end - alarm["Period"] < p["Timestamp"] <= end]
        statistics = cloudwatch._calc_stats(inside)
        values.append(statistics[alarm["Statistic"]] if statistics else None)
    return values


def _become(alarm: dict[str, Any], state: str, values: list[float]) -> None:
    before = alarm["StateValue"]
    if state == before:
        return
    reason = (
        f"Threshold Crossed: {alarm['Statistic']} {values} {alarm['ComparisonOperator']}"
        f" {alarm['Threshold']}"
    )
    alarm.update(StateValue=state, StateReason=reason, StateUpdatedTimestamp=int(time.time()))
    cloudwatch._record_history(alarm["AlarmName"], before, state, reason)
    cloudwatch._dispatch_alarm_actions(alarm, before, state, reason)
    cloudwatch._evaluate_parent_alarms(alarm)
