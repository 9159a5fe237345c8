"""Reasons: every word that conditions and Events give as their reason, with meaning and cure."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

EVENT = "Event"


class Reason(StrEnum):
    """A reason as `kubectl` shows it; *where* names the conditions, or Event, that give it."""

    where: str
    meaning: str
    cure: str

    def __new__(cls, word: str, where: str = "", meaning: str = "", cure: str = "") -> Self:
        """Make the word a member, with what belongs to it; an empty *cure* needs none."""
        member = str.__new__(cls, word)
        member._value_ = word
        member.where, member.meaning, member.cure = where, meaning, cure
        return member

    # Ready: AWS is as the spec says.
    CONVERGED = "Converged", "Ready, Event", "All resources in AWS are as the spec says."
    CREATING = "Creating", "Ready, Event", "The resources are being made for the first time."
    WAITING_FOR_AWS = (
        "WaitingForAWS",
        "Ready, Reconciling, Event",
        "All is asked for, and AWS is still at it.",
    )
    RESOURCE_IN_USE = (
        "ResourceInUse",
        "Ready, DataCurrent, Event",
        (
            "A crawl or a run is on its way, and the resource that has to change or go is left"
            " alone until it has ended."
        ),
        "Nothing; or stop the crawl or run in AWS. A deletion does not wait: it stops both.",
    )
    APPLY_FAILED = (
        "ApplyFailed",
        "Ready, DataCurrent, Event",
        (
            "AWS refused a call for a reason that nobody foresaw; the message is AWS's own. It is"
            " tried again for ever, ever more slowly."
        ),
        "Do what the message says.",
    )
    ACCESS_DENIED = (
        "AccessDenied",
        "Ready, Reconciling, Stalled, DataCurrent, Event",
        "The operator, or the role in `spec.roleArn`, may not make a call.",
        "Allow the action that the message names; compare the policy with the one that is shipped.",
    )
    CREDENTIALS_REJECTED = (
        "CredentialsRejected",
        "Ready, Reconciling, Stalled, DataCurrent, Event",
        "There are no AWS credentials, or AWS does not know them.",
        "Give the operator valid credentials, or correct `spec.roleArn`.",
    )
    AWS_UNREACHABLE = (
        "AWSUnreachable",
        "Ready, DataCurrent, Event",
        "AWS does not answer.",
        "Look at the network, proxies and endpoints between the operator and AWS.",
    )
    INVALID_SPEC = (
        "InvalidSpec",
        "Ready, Reconciling, Stalled, Event",
        "The spec cannot work; no call to AWS was made.",
        "Correct the field that the message names.",
    )
    REFUSED = (
        "Refused",
        "Ready, Reconciling, Stalled, Event",
        "What is there is somebody else's, or cannot be changed without losing data.",
        "Choose another name, or set `spec.adopt`, `spec.bucket.adopt` or `spec.catalog.adopt`.",
    )
    MISSING = (
        "Missing",
        "Ready, DataCurrent, Event",
        "Something disappeared between two calls; the next comparison makes it anew.",
    )
    PROPAGATING = (
        "Propagating",
        "Ready, Event",
        "A new role or policy was not visible everywhere in AWS after two minutes.",
        "Wait; where it stays, look whether the role in the message may do what it says.",
    )
    BUSY = (
        "Busy",
        "Ready, DataCurrent, Event",
        "AWS throttles calls, or is in the middle of something, such as a running crawler.",
    )
    BLOCKED = "Blocked", "Ready", "Another resource has to be there first, and failed."
    PLANNED = (
        "Planned",
        "Ready, Reconciling, Event",
        "`dataflowxpress.io/plan` is set: `status.drift` says what would change, nothing does.",
        "Review it, then remove the annotation.",
    )

    # Reconciling and Stalled: whether the operator is at it, and whether it needs a person.
    DELETING = (
        "Deleting",
        "Ready, Reconciling, Event",
        "The pipeline is being deleted; the message says how far it is.",
    )
    DELETION_BLOCKED = (
        "DeletionBlocked",
        "Stalled",
        "Something in AWS keeps the pipeline from going. It is tried again for ever.",
        (
            "Do what the message says, or set `spec.deletionPolicy` to `RetainData` or `Retain`:"
            " what is left then stays in AWS, and the pipeline goes."
        ),
    )
    APPLYING = "Applying", "Reconciling", "Changes are being made in AWS."
    RETRYING = "Retrying", "Reconciling", "Something failed, and is tried again by itself."
    SETTLED = "Settled", "Reconciling", "There is nothing to do."
    PAUSED = (
        "Paused",
        "Reconciling",
        "`dataflowxpress.io/paused` is set: no call to AWS is made.",
        "Remove the annotation to go on.",
    )
    NEEDS_ATTENTION = (
        "NeedsAttention",
        "Reconciling, Stalled",
        "A person has to do something; it is tried again all the same, slowly.",
        "Do what the message of `Ready` says.",
    )
    PROGRESSING = "Progressing", "Stalled", "Nobody is needed."

    # Drifted: whether somebody changed AWS behind our back.
    NO_DRIFT = "NoDrift", "Drifted", "Nothing was changed by others since it was last applied."
    DETECTED = (
        "Detected",
        "Drifted",
        "Others changed something, and it could not be put right.",
        "Do what the message of `Ready` says.",
    )
    CORRECTED = "Corrected", "Drifted", "Others changed something, and it was put right."
    REPORTED = (
        "Reported",
        "Drifted",
        (
            "AWS is not as the spec says; `status.drift` lists the differences. They stay, because"
            " `driftPolicy` is `Report` or a plan was asked for."
        ),
        "Change the spec or AWS, set `driftPolicy: Correct`, or remove `dataflowxpress.io/plan`.",
    )
    DRIFT_DETECTED = "DriftDetected", EVENT, "As `Detected`.", "As for `Detected`."
    DRIFT_CORRECTED = (
        "DriftCorrected",
        EVENT,
        "As `Corrected`.",
        "Find out who changes what the message names, if it comes again.",
    )
    DRIFT_REPORTED = "DriftReported", EVENT, "As `Reported`.", "As for `Reported`."

    # SubscriptionsConfirmed: whether all readers have agreed to get mails.
    CONFIRMED = "Confirmed", "SubscriptionsConfirmed", "All readers get mails."
    PENDING_CONFIRMATION = (
        "PendingConfirmation",
        "SubscriptionsConfirmed",
        "AWS has asked an address by mail, and nobody has clicked the link.",
        "Click it, or remove the address from `spec.notifications.emails`.",
    )

    # DataCurrent: whether everything uploaded is converted.
    CURRENT = (
        "Current",
        "DataCurrent",
        "Everything uploaded is converted, and the catalog shows it.",
    )
    WAITING = (
        "Waiting",
        "DataCurrent",
        (
            "Uploaded objects are not converted yet, or the catalog does not show them yet: a crawl"
            " or a run is on its way, or the message says what holds them up."
        ),
    )
    SUSPENDED = (
        "Suspended",
        "DataCurrent",
        "Uploads wait in their queue, because `spec.suspend` is set.",
        "Set `spec.suspend: false`.",
    )
    REPROCESSING = (
        "Reprocessing",
        "DataCurrent",
        "Somebody asked to convert objects again, and that is not done yet.",
    )
    CUSTOM_SCRIPT = (
        "CustomScript",
        "DataCurrent",
        "The job runs a script of your own: what it has converted is not known.",
    )
    DEAD_LETTERS = (
        "DeadLetters",
        "DataCurrent",
        "Messages failed again and again, and lie in a dead-letter queue.",
        (
            "Read the functions' logs (`dataflowxpress logs`), remove the cause, and set"
            " `dataflowxpress.io/redrive-requested-at`."
        ),
    )
    LAST_RUN_FAILED = (
        "LastRunFailed",
        "DataCurrent",
        "The last run of the job failed; it is tried again a few times.",
        "Read the job's log (`dataflowxpress logs`).",
    )
    LAST_CRAWL_FAILED = (
        "LastCrawlFailed",
        "DataCurrent",
        "The last crawl failed; it is tried again a few times.",
        "Read the crawler's log (`dataflowxpress logs`).",
    )

    # Events of the data.
    RUN_SUCCEEDED = "RunSucceeded", EVENT, "A run of the job has ended well."
    RUN_FAILED = (
        "RunFailed",
        EVENT,
        "A run of the job has failed, or was set going again for that reason.",
        "As for `LastRunFailed`.",
    )
    CRAWL_FAILED = (
        "CrawlFailed",
        EVENT,
        "A crawl had failed or was cancelled, and was asked for again.",
        "As for `LastCrawlFailed`.",
    )
    OBJECTS_WAITING = (
        "ObjectsWaiting",
        EVENT,
        (
            "Objects waited and nothing moved, so a crawl was asked for: an event was lost, or the"
            " objects were there before the pipeline."
        ),
    )
    RUN_MISSING = (
        "RunMissing",
        EVENT,
        "No run came after a crawl, so one was asked for: an event was lost.",
    )
    REPROCESS_PENDING = (
        "ReprocessPending",
        EVENT,
        "A wish to convert again was still open, so a run was asked for.",
    )
    QUEUE_NOT_CONSUMED = (
        "QueueNotConsumed",
        EVENT,
        "Messages wait and nobody takes them, although everything was compared with AWS.",
        "Look at the logs of the functions, and at the quota of concurrent executions.",
    )
    BACKOFF_LIMIT_EXCEEDED = (
        "BackoffLimitExceeded",
        EVENT,
        "What stands still was set going several times in vain.",
        "Remove the cause that the message names, then set `dataflowxpress.io/run-requested-at`.",
    )
    REPROCESS_REQUESTED = (
        "ReprocessRequested",
        EVENT,
        "Objects are going to be converted again, as `dataflowxpress.io/reprocess` asks.",
    )
    REPROCESS_REFUSED = (
        "ReprocessRefused",
        EVENT,
        "What `dataflowxpress.io/reprocess` asks for cannot be done.",
        "Correct the annotation as the message says.",
    )


HEADER = """\
# Reasons

What the conditions of a DataPipeline and its Events give as their reason, what it means, and what
to do. `dataflowxpress explain REASON` says the same. Generated from `api/reasons.py` by
`make reasons`; do not edit.

| reason | given by | meaning | cure |
|---|---|---|---|
"""


def table() -> str:
    """Return all reasons as a page in Markdown."""
    rows = (f"| `{r}` | {r.where} | {r.meaning} | {r.cure or 'none needed'} |\n" for r in Reason)
    return HEADER + "".join(rows)
