"""Status: what a DataPipeline says about itself, derived from what was found and done. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from .plan import Action, Outcome, Step
from .reasons import Reason
from .resource import Id

State = Literal["Ready", "Pending", "Failed", "Refused", "Deleting"]

TIME = "%Y-%m-%dT%H:%M:%SZ"
MOST_NAMED = 3  # how many resources a condition's message names


class Model(BaseModel):
    """What all parts of the status share."""

    model_config = ConfigDict(
        frozen=True, alias_generator=to_camel, populate_by_name=True, use_attribute_docstrings=True
    )


class Condition(Model):
    """One statement that holds or not, as Kubernetes' own conditions."""

    type: str
    status: Literal["True", "False", "Unknown"]
    reason: str
    message: str
    observed_generation: int
    last_transition_time: str


class Line(Model):
    """One resource in AWS; all lines together are the inventory."""

    kind: str
    """The kind of resource, for example `Crawler`."""

    name: str
    """Its name in AWS."""

    key: tuple[str, ...]
    """What is needed to find it again."""

    arn: str = ""
    """Its ARN, where it has one."""

    state: State
    """`Ready`: as specified. `Pending`: waits for AWS, another resource or a person. `Refused`:
    what is there is not ours."""

    message: str = ""
    """Why it is not ready."""

    @property
    def id(self) -> Id:
        """What the line stands for."""
        return Id(self.kind, self.key)


class Crawl(Model):
    """The last crawl."""

    state: str
    """`Running`, `Succeeded`, `Failed` or `Cancelled`."""

    started: str = ""
    """When it began."""

    error: str = ""
    """Why it failed."""


class Run(Model):
    """One run of the job."""

    id: str
    """Glue's id of the run."""

    state: str
    """Glue's word: `RUNNING`, `SUCCEEDED`, `FAILED`, `TIMEOUT`, `STOPPED`."""

    started: str = ""
    """When it began."""

    seconds: int
    """How long it took."""

    objects: int
    """How many uploaded objects it converted."""

    rows_read: int
    """How many rows it found in them."""

    rows_written: int
    """How many of these are in the Parquet."""

    rows_rejected: int
    """How many did not fit; they are kept under `dataflowxpress/rejected/`."""

    error: str = ""
    """Why it failed, or which objects had rejects."""


class Data(Model):
    """Where the data is, over all runs."""

    objects: int
    """How many objects are converted."""

    rows: int
    """How many rows their Parquet holds."""

    rejected: int
    """How many rows did not fit."""

    waiting: int
    """How many uploaded objects are not converted yet."""

    dead_letters: int
    """How many messages nobody could deal with."""


class Backstop(Model):
    """What was left to do while nothing moved, and what was done about it."""

    reason: str
    """What was left: `ObjectsWaiting`, `RunMissing`, `CrawlFailed`, `RunFailed`, `RequestOpen` or
    `QueueStuck`."""

    message: str
    """The same in words."""

    did: str = ""
    """What the last attempt was."""

    attempts: int = 0
    """How often it was tried; uploads, a new spec and a request begin anew."""

    last_attempt: str = ""
    """When it was tried last; the next attempt waits twice as long as this one did."""

    gave_up: bool = False
    """Whether it is not tried any more, because nothing changed."""

    work: str
    """Stands for what was left: another text is other work."""


class Reprocess(Model):
    """What became of a wish to convert again what lies under a prefix."""

    prefix: str
    """The value of the annotation `dataflowxpress.io/reprocess` that this answers."""

    answer: str
    """`Requested`, or why not."""


class Drift(Model):
    """A resource that is not as the spec says."""

    resource: str
    """Kind and name."""

    action: str = ""
    """What would put it right: `create`, `update`, `replace`, `delete`, or `refuse`."""

    changes: tuple[str, ...] = ()
    """Each property with its old and new value, or why it is refused."""

    since: str = ""
    """When AWS saw the last change of the resource; empty where AWS does not tell."""


class Status(Model):
    """All that a DataPipeline says about itself."""

    observed_generation: int = 0
    """The generation of the spec that the rest is about."""

    conditions: tuple[Condition, ...] = ()
    """`Ready`, `Reconciling`, `Stalled`, `Drifted`, `DataCurrent` and `SubscriptionsConfirmed`."""

    resources: tuple[Line, ...] = ()
    """Each resource in AWS with its state."""

    last_crawl: Crawl | None = None
    """The last crawl."""

    runs: tuple[Run, ...] = ()
    """The last ten runs of the job, the newest first."""

    data: Data | None = None
    """Where the data is, over all runs."""

    backstop: Backstop | None = None
    """What stands still, and was asked to go on."""

    drift: tuple[Drift, ...] = ()
    """What is not as the spec says, where `driftPolicy` is `Report` or a plan was asked for."""

    tag_keys: tuple[str, ...] = ()
    """The keys of tags of the spec that resources carry: they go when the spec drops them."""

    reconcile_handled_at: str = ""
    """The last handled value of the annotation `dataflowxpress.io/reconcile-requested-at`."""

    run_handled_at: str = ""
    """The last handled value of the annotation `dataflowxpress.io/run-requested-at`."""

    redrive_handled_at: str = ""
    """The last handled value of the annotation `dataflowxpress.io/redrive-requested-at`."""

    reprocess: Reprocess | None = None
    """The last wish to convert objects again."""

    def __getitem__(self, condition: str) -> Condition | None:
        return next((c for c in self.conditions if c.type == condition), None)

    def as_json(self) -> dict[str, Any]:
        """Return it as the API server takes it, without what says nothing."""
        return self.model_dump(by_alias=True, mode="json", exclude_defaults=True, exclude_none=True)

    @property
    def inventory(self) -> tuple[Id, ...]:
        """What we made, or are about to make, in that order."""
        return tuple(line.id for line in self.resources if line.state != "Refused")


class Fact(NamedTuple):
    """A condition without its bookkeeping."""

    type: str
    holds: bool | None
    reason: Reason
    message: str = ""


def with_conditions(status: Status, facts: Iterable[Fact], now: datetime) -> Status:
    """Return *status* with *facts* in it; a transition time moves only when a status changes."""
    merged = {condition.type: condition for condition in status.conditions}
    merged |= {fact.type: _condition(fact, status, now) for fact in facts}
    return status.model_copy(update={"conditions": tuple(merged.values())})


def _condition(fact: Fact, status: Status, now: datetime) -> Condition:
    state = {True: "True", False: "False", None: "Unknown"}[fact.holds]
    before = status[fact.type]
    unchanged = before is not None and before.status == state
    return Condition.model_validate(
        {
            "type": fact.type,
            "status": state,
            "reason": fact.reason.value,
            "message": fact.message,
            "observedGeneration": status.observed_generation,
            "lastTransitionTime": before.last_transition_time
            if before and unchanged
            else now.strftime(TIME),
        }
    )


class Words(NamedTuple):
    """How errors are put: both functions come from outside, since core knows no AWS error."""

    reason: Callable[[Exception], Reason]
    message: Callable[[Exception], str]
    needs_person: Callable[[Exception], bool]


def facts_of(outcomes: Sequence[Outcome], words: Words, *, drifted: bool) -> list[Fact]:
    """Return what *outcomes* say about the resources; *drifted*: the spec was applied before."""
    failed = [o for o in outcomes if o.error and words.reason(o.error) is not Reason.BLOCKED]
    pending = [o for o in outcomes if not o.error and o.step.waits_for]
    unready = [o for o in pending if o.step.id.kind != "Subscription"]
    stuck = any(words.needs_person(o.error) for o in failed if o.error)
    waiting = Reason.WAITING_FOR_AWS if unready else Reason.SETTLED
    trying = Reason.NEEDS_ATTENTION if stuck else Reason.RETRYING
    going_on = bool(failed or unready) and not stuck  # kstatus takes it for progress, if both hold
    return [
        _ready(outcomes, failed, unready, words),
        Fact("Reconciling", going_on, trying if failed else waiting),
        Fact("Stalled", stuck, Reason.NEEDS_ATTENTION if stuck else Reason.PROGRESSING),
        _drift(outcomes if drifted else ()),
        _subscriptions(outcomes),
    ]


def _ready(
    outcomes: Sequence[Outcome],
    failed: Sequence[Outcome],
    unready: Sequence[Outcome],
    words: Words,
) -> Fact:
    if failed:
        first = failed[0].error or Exception()
        said = [f"{o.step.id}: {words.message(o.error)}" for o in failed if o.error]
        return Fact("Ready", holds=False, reason=words.reason(first), message=listed(said))
    if unready:
        said = [f"{o.step.id} {o.step.waits_for}" for o in unready]
        return Fact("Ready", holds=False, reason=Reason.WAITING_FOR_AWS, message=listed(said))
    kept = sum(o.step.action not in {Action.DELETE, Action.LEAVE} for o in outcomes)
    return Fact("Ready", True, Reason.CONVERGED, are_as_specified(kept))


def are_as_specified(resources: int) -> str:
    """Return what is said when all is well."""
    return f"{resources} resources are as specified"


def _drift(outcomes: Sequence[Outcome]) -> Fact:
    changed = [o for o in outcomes if o.step.action.writes]
    if not changed:
        return Fact("Drifted", holds=False, reason=Reason.NO_DRIFT)
    open_ = [o for o in changed if o.error]
    names = listed([o.step.summary for o in changed])
    if open_:
        return Fact("Drifted", holds=True, reason=Reason.DETECTED, message=names)
    return Fact("Drifted", holds=False, reason=Reason.CORRECTED, message=names)


def _subscriptions(outcomes: Sequence[Outcome]) -> Fact:
    asked = [o for o in outcomes if o.step.id.kind == "Subscription"]
    waiting = [o.step.id.name for o in asked if o.step.waits_for or o.step.action is Action.CREATE]
    if waiting:
        message = f"{listed(waiting)}: the link in AWS's mail is not clicked yet"
        return Fact("SubscriptionsConfirmed", False, Reason.PENDING_CONFIRMATION, message)
    return Fact("SubscriptionsConfirmed", holds=True, reason=Reason.CONFIRMED)


def listed(said: Sequence[str], most: int = MOST_NAMED) -> str:
    """Return what was *said* in one line, and how much more there is than the *most* named."""
    more = len(said) - most
    return "; ".join(said[:most]) + (f"; and {more} more" if more > 0 else "")


def lines_of(outcomes: Sequence[Outcome], words: Words) -> tuple[Line, ...]:
    """Return a line for each resource that is, or may be, there."""
    gone = {Action.DELETE, Action.LEAVE}
    return tuple(_line(o, words) for o in outcomes if o.error or o.step.action not in gone)


def _line(outcome: Outcome, words: Words) -> Line:
    step, error = outcome.step, outcome.error
    return Line(
        kind=step.id.kind,
        name=step.id.name,
        key=step.id.key,
        arn=step.arn,
        state=_state(outcome, words),
        message=words.message(error) if error else step.waits_for or _why_kept(step),
    )


def _why_kept(step: Step) -> str:
    return step.reason if step.action is Action.KEEP else ""


def _state(outcome: Outcome, words: Words) -> State:
    step, error = outcome.step, outcome.error
    if error is None:
        return "Pending" if step.waits_for else "Ready"
    if step.action is Action.DELETE:
        return "Deleting"
    if step.foreign:
        return "Refused"
    waits = {Reason.BLOCKED, Reason.WAITING_FOR_WORK}
    return "Pending" if words.reason(error) in waits else "Failed"


def planned_lines(steps: Iterable[Step], before: Status) -> tuple[Line, ...]:
    """Return what was and what will be there, to be recorded before the first write."""
    known = {line.id: line for line in before.resources}
    new = [step for step in steps if step.id not in known and not step.foreign]
    return (*known.values(), *(_planned(step) for step in new))


def _planned(step: Step) -> Line:
    return Line(
        kind=step.id.kind, name=step.id.name, key=step.id.key, arn=step.arn, state="Pending"
    )
