"""Drift with the operator running: a check on request is made at once, and answered."""

from __future__ import annotations

from dataflowxpress.api.spec import GROUP
from tests.e2e.conftest import User


def test_a_check_that_is_asked_for_is_made_at_once_and_echoed(user: User) -> None:
    bucket, name = "e2e-asked", "asked"
    user.pipeline(name, bucket={"name": bucket}, deletionPolicy="Delete", resyncInterval="1h")
    user.ready(name)
    s3 = user.aws("s3")
    s3.delete_bucket_policy(Bucket=bucket)
    asked = {"metadata": {"annotations": {f"{GROUP}/reconcile-requested-at": "now, please"}}}
    user.patch(name, asked)
    status = user.wait(name, lambda s: s.reconcile_handled_at == "now, please", 20, "answered")
    drifted = status["Drifted"]
    assert drifted
    assert (drifted.reason, drifted.message) == ("Corrected", f"Bucket/{bucket} (Policy)")
    assert "TlsOnly" in s3.get_bucket_policy(Bucket=bucket)["Policy"]
    user.gone(name)
