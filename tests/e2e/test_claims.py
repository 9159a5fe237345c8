"""Two pipelines that claim one bucket: one has it, the condition of the other names its owner."""

from __future__ import annotations

from dataflowxpress.api.status import Status
from tests.e2e.conftest import User, holds

BUCKET = "e2e-claimed-twice"
NAMES = ("claimant-one", "claimant-two")


def refused(status: Status) -> bool:
    ready = status["Ready"]
    return ready is not None and ready.reason == "Refused"


def test_of_two_pipelines_that_claim_one_bucket_at_once_the_later_is_refused(user: User) -> None:
    for name in NAMES:
        user.pipeline(name, bucket={"name": BUCKET}, deletionPolicy="Delete")
    for name in NAMES:
        user.wait(name, lambda s: holds(s, "Ready") or refused(s), 60, "ready or refused")
    (winner,) = [name for name in NAMES if holds(user.status(name), "Ready")]
    (loser,) = [name for name in NAMES if refused(user.status(name))]
    ready = user.status(loser)["Ready"]
    assert ready
    output = (
        f"Bucket/{BUCKET}: exists and belongs to pipeline default/{winner}: choose another name"
    )
    assert output in ready.message

    user.gone(loser)  # and takes nothing with it that is not its own
    assert holds(user.status(winner), "Ready")
    tags = user.aws("s3").get_bucket_tagging(Bucket=BUCKET)["TagSet"]
    assert {"Key": "dataflowxpress.io/pipeline", "Value": f"default/{winner}"} in tags
    user.gone(winner)
    assert BUCKET not in {each["Name"] for each in user.aws("s3").list_buckets()["Buckets"]}
