"""Error classes: the class of each error code of AWS, and of the wordings that change it."""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

from dataflowxpress.api.reasons import Reason


class ErrorClass(Enum):
    """The class of an error; the value is the reason that conditions give."""

    MISSING = Reason.MISSING
    PROPAGATING = Reason.PROPAGATING  # eventual consistency: bounded, quick retries
    BUSY = Reason.BUSY  # throttled, or another change is in progress: retried the same way
    WORKING = Reason.RESOURCE_IN_USE  # for minutes: retried at the next reconciliation
    DENIED = Reason.ACCESS_DENIED
    UNAUTHENTICATED = Reason.CREDENTIALS_REJECTED
    UNREACHABLE = Reason.AWS_UNREACHABLE
    INVALID = Reason.INVALID_SPEC
    REFUSED = Reason.REFUSED
    FAILED = Reason.APPLY_FAILED

    @property
    def is_transient(self) -> bool:
        """Whether to retry within the reconciliation rather than at the next one."""
        return self in {ErrorClass.PROPAGATING, ErrorClass.BUSY}


class Row(NamedTuple):
    """One row of the table; the first row that matches an error gives its class."""

    code: str  # a pattern for the whole error code
    text: str  # a pattern to search in the message
    error_class: ErrorClass
    fix: str = ""  # what to do, if the message of AWS does not say it

    def matches(self, code: str, message: str) -> bool:
        """Return whether the row is for this error."""
        return bool(re.fullmatch(self.code, code) and re.search(self.text, message, re.IGNORECASE))


THROTTLED = (
    "(EC2|Kms|Request)?(Throttl|TooManyRequests|RequestLimit|SlowDown|ServiceUnavail).*"
    "|BandwidthLimitExceeded|PriorRequestNotComplete"
)

# Wordings of AWS that give a general code another meaning. New roles, policies and queues are
# eventually consistent, and each service reports it in its own words.
_WORDINGS = [
    Row(
        "InvalidParameterValue(Exception)?",
        "cannot be assumed by Lambda|does not have permissions|NonExistentQueue"
        "|ARN does not refer to a valid principal",
        ErrorClass.PROPAGATING,
    ),
    Row(
        "InvalidParameterValue(Exception)?|InvalidAttributeValue",
        "Dead letter target does not exist",
        ErrorClass.PROPAGATING,
    ),
    Row(
        "AccessDeniedException|InvalidInputException",
        "Insufficient Lake Formation permission",
        ErrorClass.DENIED,
        "Lake Formation governs this account: set spec.catalog.lakeFormation to true, and make the"
        " operator's role a data lake administrator",
    ),
    Row(
        "InvalidInputException",
        "unable to assume provided role|verify (the )?role's TrustPolicy|is not authorized"
        "|security token included in the request is invalid"
        "|Unable to validate existence of s3 target.*Access ?Denied"
        "|Invalid principal",  # Lake Formation, about a new role
        ErrorClass.PROPAGATING,
    ),
    Row("InvalidInputException", "Cannot update Crawler while running", ErrorClass.WORKING),
    Row(
        "ValidationException",
        "cannot be assumed|must allow AWS EventBridge Scheduler to assume",
        ErrorClass.PROPAGATING,
    ),
    Row("MalformedPolicyDocument(Exception)?", "Invalid principal", ErrorClass.PROPAGATING),
    Row(
        "InvalidArgument",
        "Unable to validate the following destination configurations",
        ErrorClass.PROPAGATING,
    ),
]

_CODES = [
    Row("404|NotFound(Exception)?|NoSuch(Bucket|Entity|Key)", "", ErrorClass.MISSING),
    Row("(ResourceNotFound|EntityNotFound)(Exception)?", "", ErrorClass.MISSING),
    Row("(AWS.SimpleQueueService.NonExistentQueue|QueueDoesNotExist)", "", ErrorClass.MISSING),
    Row("(AWS.SimpleQueueService.)?QueueDeletedRecently", "", ErrorClass.BUSY),
    Row("CrawlerRunningException|ConcurrentRunsExceededException", "", ErrorClass.WORKING),
    # The state of a crawler or its schedule has changed since it was read.
    Row(
        "(CrawlerStopping|CrawlerNotRunning|SchedulerTransitioning|VersionMismatch)Exception",
        "",
        ErrorClass.BUSY,
    ),
    Row("Resource(Conflict|InUse|NotReady)(Exception)?|ConflictException", "", ErrorClass.BUSY),
    Row("BucketAlreadyExists", "", ErrorClass.REFUSED),
    Row(
        "InvalidTargetBucketForLogging|CrossLocationLoggingProhibit(t)?ed",
        "",
        ErrorClass.FAILED,
        "in spec.bucket.accessLogs.bucket, name a bucket of the same account and region whose"
        " policy allows s3:PutObject to logging.s3.amazonaws.com for this account",
    ),
    # Created since the last comparison: the next comparison finds its owner. Glue reports a job
    # that exists with other properties as a mismatch.
    Row(
        "BucketAlreadyOwnedByYou|(Entity|Resource)?AlreadyExists(Exception)?|QueueAlreadyExists"
        "|QueueNameExists|IdempotentParameterMismatchException",
        "",
        ErrorClass.BUSY,
    ),
    Row(
        "OperationAborted(Exception)?|Concurrent(Modification|Access)(Exception)?"
        "|ConditionalRequestConflict|PreconditionFailedException|StaleTag(Exception)?",
        "",
        ErrorClass.BUSY,
    ),
    Row("BucketNotEmpty", "", ErrorClass.BUSY),  # uploads that began before writes were denied
    # Not MISSING: the upload has ended, but the bucket that is being emptied still exists.
    Row("NoSuchUpload", "", ErrorClass.BUSY),
    Row("DeleteConflict(Exception)?", "", ErrorClass.BUSY),
    Row(THROTTLED, "", ErrorClass.BUSY),
    Row("OverLimit|PaginationTokenExpiredException", "", ErrorClass.BUSY),
    Row(
        "Internal(Error|Failure|Server|ServerError|ServiceError|Service)?(Exception)?|5.."
        "|Service(Exception|Failure(Exception)?)|(Operation|Request)Timeout(Exception)?"
        "|FederationSourceRetryableException",
        "",
        ErrorClass.BUSY,
    ),
    Row(
        "InvalidClientTokenId|UnrecognizedClientException|InvalidAccessKeyId|ExpiredToken.*"
        "|SignatureDoesNotMatch|AuthFailure|IncompleteSignature|MissingAuthenticationToken",
        "",
        ErrorClass.UNAUTHENTICATED,
        "provide valid AWS credentials; each retry reads them again",
    ),
    Row(
        "AccessDenied(Exception)?|AuthorizationError(Exception)?|Unauthorized.*|403"
        "|KmsAccessDenied|RegionDisabled(Exception)?",
        "",
        ErrorClass.DENIED,
    ),
]

# Errors that time does not resolve. Conditions report the message of AWS.
_LASTING = (
    ".*LimitExceeded(Exception|Fault)?|ServiceQuotaExceededException",  # quotas
    "CodeStorageExceededException|TooMany(Parts|Tags(Exception)?)",
    "Invalid(Address|Attribute(Name|Value)|BatchEntryId|CodeSignatureException|EventPattern.*)",
    "Invalid(Input(Exception)?|MessageContents|NextToken|ObjectState|Parameter.*|Request)",
    "Invalid(Security|State|WriteOffset)(Exception)?",
    "BatchEntryIdsNotDistinct|BatchRequestTooLong|EmptyBatchRequest|TooManyEntriesInBatchRequest",
    "Code(SigningConfigNotFound|VerificationFailed)Exception",
    "EncryptionTypeMismatch|FederationSourceException|GlueEncryptionException",
    "FederatedResourceAlreadyExistsException|ManagedRuleException|TagPolicy(Exception)?",
    "Kms(Disabled|InvalidKeyUsage|InvalidState|NotFound|OptInRequired)",
    "MalformedPolicyDocument(Exception)?|PackedPolicyTooLarge(Exception)?",
    "PolicyNotAttachable(Exception)?|UnmodifiableEntity(Exception)?|UnsupportedOperation",
    "Validation(Error|Exception)",
)

ROWS = (*_WORDINGS, *_CODES, *(Row(code, "", ErrorClass.FAILED) for code in _LASTING))


def row_of(code: str, message: str) -> Row | None:
    """Return the first row that matches an error; None if the table does not know its code."""
    return next((row for row in ROWS if row.matches(code, message)), None)
