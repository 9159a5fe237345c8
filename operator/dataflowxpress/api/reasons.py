"""Reasons: the reasons of conditions and Events, each with its meaning and fix."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

EVENT = "Event"


class Reason(StrEnum):
    """A reason as `kubectl` shows it; *where* lists the conditions that use it, or `Event`."""

    where: str
    meaning: str
    fix: str

    def __new__(cls, value: str, where: str = "", meaning: str = "", fix: str = "") -> Self:
        """Create a member; an empty *fix* means that the reason needs no action."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.where, member.meaning, member.fix = where, meaning, fix
        return member

    # Ready: whether AWS matches the spec.
    CONVERGED = (
        "Converged",
        "Ready, Event",
        "All resources in AWS match the spec.",
    )
    CREATING = (
        "Creating",
        "Ready, Event",
        "The operator is creating the resources for the first time.",
    )
    WAITING_FOR_AWS = (
        "WaitingForAWS",
        "Ready, Reconciling, Event",
        "The operator has requested all changes, and AWS has not completed them yet.",
    )
    RESOURCE_IN_USE = (
        "ResourceInUse",
        "Ready, DataCurrent, Event",
        (
            "A crawl or a run is active. The operator does not change or delete the resource until"
            " it ends."
        ),
        (
            "None needed; or stop the crawl or run in AWS. The deletion of a pipeline does not"
            " wait: it stops both."
        ),
    )
    APPLY_FAILED = (
        "ApplyFailed",
        "Ready, DataCurrent, Event",
        (
            "An AWS call failed with an unclassified error; the message is from AWS. The operator"
            " retries with exponential backoff."
        ),
        "Follow the message.",
    )
    ACCESS_DENIED = (
        "AccessDenied",
        "Ready, Reconciling, Stalled, DataCurrent, Event",
        "The operator, or the role in `spec.roleArn`, lacks a permission.",
        "Allow the action in the message; compare the policy with the shipped policy.",
    )
    CREDENTIALS_REJECTED = (
        "CredentialsRejected",
        "Ready, Reconciling, Stalled, DataCurrent, Event",
        "The operator has no AWS credentials, or AWS rejects them.",
        (
            "Give the operator valid credentials, or correct `spec.roleArn`. The operator reads the"
            " credentials again at each retry, without a restart."
        ),
    )
    AWS_UNREACHABLE = (
        "AWSUnreachable",
        "Ready, DataCurrent, Event",
        "AWS does not respond.",
        "Check the network, proxies and endpoints between the operator and AWS.",
    )
    INVALID_SPEC = (
        "InvalidSpec",
        "Ready, Reconciling, Stalled, Event",
        "The spec is invalid; the operator made no call to AWS for it.",
        "Correct the field in the message.",
    )
    REFUSED = (
        "Refused",
        "Ready, Reconciling, Stalled, Event",
        "A resource belongs to another owner, or cannot be changed without data loss.",
        "Choose another name, or set `spec.adopt`, `spec.bucket.adopt` or `spec.catalog.adopt`.",
    )
    MISSING = (
        "Missing",
        "Ready, DataCurrent, Event",
        "A resource disappeared between two calls; the next comparison creates it again.",
    )
    PROPAGATING = (
        "Propagating",
        "Ready, Event",
        "A new role or policy was not visible everywhere in AWS after two minutes.",
        "Wait. If the reason stays, check the permissions of the role in the message.",
    )
    BUSY = (
        "Busy",
        "Ready, DataCurrent, Event",
        "AWS throttles calls, or the resource is busy, for example with a running crawl.",
    )
    BLOCKED = (
        "Blocked",
        "Ready",
        "A resource that this one needs failed.",
    )
    PLANNED = (
        "Planned",
        "Ready, Reconciling, Event",
        (
            "`dataflowxpress.io/plan` is set: the operator lists the planned changes in"
            " `status.drift` and applies none."
        ),
        "Review the changes, then remove the annotation.",
    )

    # Reconciling and Stalled: whether the operator works on the pipeline, and whether a person
    # must act.
    DELETING = (
        "Deleting",
        "Ready, Reconciling, Event",
        "The operator is deleting the pipeline; the message reports the progress.",
    )
    DELETION_BLOCKED = (
        "DeletionBlocked",
        "Stalled",
        "A resource in AWS cannot be deleted. The operator retries with exponential backoff.",
        (
            "Follow the message, or set `spec.deletionPolicy` to `RetainData` or `Retain`: the"
            " operator then leaves the retained resources in AWS."
        ),
    )
    APPLYING = (
        "Applying",
        "Reconciling",
        "The operator is applying changes in AWS.",
    )
    RETRYING = (
        "Retrying",
        "Reconciling",
        "An operation failed; the operator retries it.",
    )
    SETTLED = (
        "Settled",
        "Reconciling",
        "No work is pending.",
    )
    PAUSED = (
        "Paused",
        "Reconciling",
        "`dataflowxpress.io/paused` is set: the operator makes no calls to AWS.",
        "Remove the annotation to resume.",
    )
    NEEDS_ATTENTION = (
        "NeedsAttention",
        "Reconciling, Stalled",
        "A person must act; the operator still retries with exponential backoff.",
        "Follow the message of `Ready`.",
    )
    PROGRESSING = (
        "Progressing",
        "Stalled",
        "No person needs to act.",
    )

    # Drifted: whether AWS changed outside the operator.
    NO_DRIFT = (
        "NoDrift",
        "Drifted",
        "No resource has changed outside the operator since the spec was applied.",
    )
    DETECTED = (
        "Detected",
        "Drifted",
        "A resource changed outside the operator, and the operator could not correct it.",
        "Follow the message of `Ready`.",
    )
    CORRECTED = (
        "Corrected",
        "Drifted",
        "A resource changed outside the operator, and the operator corrected it.",
    )
    REPORTED = (
        "Reported",
        "Drifted",
        (
            "AWS differs from the spec; `status.drift` lists the differences. The operator does not"
            " correct them, because `driftPolicy` is `Report` or a plan is requested."
        ),
        "Change the spec or AWS, set `driftPolicy: Correct`, or remove `dataflowxpress.io/plan`.",
    )
    DRIFT_DETECTED = (
        "DriftDetected",
        EVENT,
        "As `Detected`.",
        "As for `Detected`.",
    )
    DRIFT_CORRECTED = (
        "DriftCorrected",
        EVENT,
        "As `Corrected`.",
        "If it recurs, find the source of the change to the resource in the message.",
    )
    DRIFT_REPORTED = (
        "DriftReported",
        EVENT,
        "As `Reported`.",
        "As for `Reported`.",
    )

    # SubscriptionsConfirmed: whether all email addresses are confirmed.
    CONFIRMED = (
        "Confirmed",
        "SubscriptionsConfirmed",
        "All email addresses are confirmed.",
    )
    PENDING_CONFIRMATION = (
        "PendingConfirmation",
        "SubscriptionsConfirmed",
        (
            "An address has not confirmed its subscription in the email from AWS. AWS deletes the"
            " request after 48 hours, and the operator does not ask again on its own."
        ),
        (
            "Open the link in the email; set `dataflowxpress.io/subscribe-requested-at` to get"
            " another email; or remove the address from `spec.notifications.emails`."
        ),
    )

    # DataCurrent: whether all uploaded data is converted.
    CURRENT = (
        "Current",
        "DataCurrent",
        "All uploaded objects are converted, and the catalog shows them.",
    )
    WAITING = (
        "Waiting",
        "DataCurrent",
        (
            "Uploaded objects are not converted yet, or the catalog does not show them yet. A crawl"
            " or run is about to start or active, or the message gives the cause."
        ),
    )
    SUSPENDED = (
        "Suspended",
        "DataCurrent",
        "Uploads wait in their queue, because `spec.suspend` is set.",
        "Set `spec.suspend: false`.",
    )
    SCHEDULED = (
        "Scheduled",
        "DataCurrent",
        "Uploads wait for the next time of `spec.trigger.schedule`, because `onUpload` is false.",
    )
    REPROCESSING = (
        "Reprocessing",
        "DataCurrent",
        "A reprocess request is not completed yet.",
    )
    OBJECTS_REFUSED = (
        "ObjectsRefused",
        "DataCurrent, Event",
        (
            "The job cannot read uploaded objects, or rejects all their rows. All other objects are"
            " converted. `status.data.refusedObjects` names the newest ten, with their reasons."
        ),
        (
            "Correct each file and upload it again under the same key, delete the object, or change"
            " `spec.source` so that the job can read it."
        ),
    )
    UNKNOWN_PARTITION = (
        "UnknownPartition",
        "DataCurrent",
        "`spec.target.partitionBy` names a column that a table does not have.",
        "Correct the name, or remove it from the list.",
    )
    CUSTOM_SCRIPT = (
        "CustomScript",
        "DataCurrent",
        "The job uses a custom script: the conversion progress is unknown.",
    )
    DEAD_LETTERS = (
        "DeadLetters",
        "DataCurrent",
        "Messages failed repeatedly and are in a dead-letter queue.",
        (
            "Read the functions' logs (`dataflowxpress logs`), fix the cause, then set"
            " `dataflowxpress.io/redrive-requested-at`."
        ),
    )
    LAST_RUN_FAILED = (
        "LastRunFailed",
        "DataCurrent",
        "The last run of the job failed; the operator retries it a few times.",
        "Read the job's log (`dataflowxpress logs`).",
    )
    LAST_CRAWL_FAILED = (
        "LastCrawlFailed",
        "DataCurrent",
        "The last crawl failed and objects wait; the operator retries it a few times.",
        (
            "Correct or delete the objects that the message names. Otherwise, read the crawler's"
            " log (`dataflowxpress logs`)."
        ),
    )

    # Events of the data plane.
    RUN_SUCCEEDED = (
        "RunSucceeded",
        EVENT,
        "A run of the job succeeded.",
    )
    COLUMNS_WIDENED = (
        "ColumnsWidened",
        EVENT,
        (
            "The job gave columns a wider type, because values did not fit, and converted their"
            " tables again."
        ),
        (
            "Check queries that need the old type. To reject such values instead, set"
            " `catalog.schema.typeChanges: Reject`, and set the type of the column back in the"
            " catalog."
        ),
    )
    RUN_FAILED = (
        "RunFailed",
        EVENT,
        "A run of the job failed, or the operator requested another run because of it.",
        "As for `LastRunFailed`.",
    )
    CRAWL_FAILED = (
        "CrawlFailed",
        EVENT,
        "A crawl failed or was cancelled, and the operator requested another one.",
        "As for `LastCrawlFailed`.",
    )
    OBJECTS_WAITING = (
        "ObjectsWaiting",
        EVENT,
        (
            "Objects waited and nothing was active, so the operator requested a run or a crawl. An"
            " event was lost, or the objects are older than the pipeline."
        ),
    )
    RUN_MISSING = (
        "RunMissing",
        EVENT,
        "No run followed a crawl, so the operator requested one: an event was lost.",
    )
    REPROCESS_PENDING = (
        "ReprocessPending",
        EVENT,
        "A reprocess request was still open, so the operator requested a run.",
    )
    QUEUE_NOT_CONSUMED = (
        "QueueNotConsumed",
        EVENT,
        (
            "Messages wait and no function receives them, although the operator has compared all"
            " resources with AWS."
        ),
        "Check the logs of the functions, and the quota of concurrent executions.",
    )
    BACKOFF_LIMIT_EXCEEDED = (
        "BackoffLimitExceeded",
        EVENT,
        "The operator tried several times to resume unfinished work, without progress.",
        "Fix the cause in the message, then set `dataflowxpress.io/run-requested-at`.",
    )
    MANY_SMALL_FILES = (
        "ManySmallFiles",
        EVENT,
        (
            "Most files of a table are small, and queries open each of them: a column of"
            " `target.partitionBy` has many values."
        ),
        (
            "Name columns with fewer values in `target.partitionBy`: the job then writes all"
            " objects again. `dataflowxpress files` shows the tables."
        ),
    )
    REPROCESS_REQUESTED = (
        "ReprocessRequested",
        EVENT,
        "The job is about to reprocess objects, as `dataflowxpress.io/reprocess` requests.",
    )
    REPROCESS_REFUSED = (
        "ReprocessRefused",
        EVENT,
        "The request in `dataflowxpress.io/reprocess` is not possible.",
        "Correct the annotation as the message describes.",
    )


HEADER = """\
# Reasons

The reasons of a DataPipeline's conditions and Events, with their meaning and a fix.
`dataflowxpress explain REASON` prints the same. Generated from `api/reasons.py` by
`make reasons`; do not edit.

| reason | given by | meaning | fix |
|---|---|---|---|
"""


def table() -> str:
    """Return all reasons as a page in Markdown."""
    rows = (f"| `{r}` | {r.where} | {r.meaning} | {r.fix or 'none needed'} |\n" for r in Reason)
    return HEADER + "".join(rows)
