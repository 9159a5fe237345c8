"""Screenshots: pictures of the page for the docs, from a live sandbox with four pipelines."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import oxipng
from playwright.sync_api import Browser, Page, sync_playwright

from dataflowxpress.api.run_states import is_active, is_failed
from dataflowxpress.api.status import Status
from dataflowxpress.blueprint import artifacts
from tests.e2e.conftest import NAMESPACE, User
from tests.ui.conftest import OPTIONS, Served, chromium, serving

ACCOUNT = "000000000000"  # of the emulated AWS
SECONDS = 180.0
# Rows and rows with too many fields, of each upload of the healthy pipeline.
UPLOADS = ((420, 0), (510, 0), (480, 2), (900, 0), (1300, 12), (700, 0), (820, 1), (1100, 0))
SCRIPT = 'raise ValueError("The table has no column weight_kg: correct the script")\n'
HEIGHTS = {"healthy": 1180, "waiting": 820, "failing": 1080, "drifting": 1180}
PIPELINES = {"healthy": "orders", "waiting": "returns", "failing": "shipments", "drifting": "stock"}


def main() -> None:
    """Write all pictures to docs/images."""
    folder = artifacts.path("docs/images")
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as directory, User.of_a_sandbox(Path(directory)) as user:
        prepare(user)
        with serving(user.sandbox.kubeconfig) as served, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=OPTIONS)
            for scheme in ("light", "dark"):
                for name, page in views(browser, served, scheme):
                    picture = folder / f"page-{name}-{scheme}.png"
                    page.screenshot(path=picture)
                    oxipng.optimize(picture, level=4)
            browser.close()


def prepare(user: User) -> None:
    """Bring four pipelines into their states: healthy, waiting, failing and drifting."""
    now = {"batchWindowSeconds": 0}
    user.pipeline("orders", trigger=now)
    user.pipeline("returns", suspend=True)
    user.pipeline("shipments", trigger=now, job={"script": {"inline": SCRIPT}})
    user.pipeline("stock", trigger=now, driftPolicy="Report")
    for name in PIPELINES.values():
        user.ready(name, SECONDS)
    for number in range(12):
        upload(user, "returns", number, 50)
    upload(user, "shipments", 0, 70)
    upload(user, "stock", 0, 900)
    for number, (rows, ragged) in enumerate(UPLOADS):
        upload(user, "orders", number, rows, ragged)
        user.wait("orders", converted(number + 1), SECONDS, f"upload {number} converted")
    change_in_aws(user, "stock")
    user.wait("returns", lambda s: bool(s.data and s.data.waiting == 12), SECONDS, "waiting")
    user.wait("shipments", lambda s: bool(s.runs and is_failed(s.runs[0].state)), SECONDS, "failed")
    user.wait("stock", lambda s: s.holds("Drifted"), SECONDS, "drifted")


def upload(user: User, pipeline: str, number: int, rows: int, ragged: int = 0) -> None:
    """Upload a CSV file with these numbers of rows."""
    chance = random.Random(number)  # noqa: S311 - the same pictures each time
    lines = [f"{row},item-{chance.randint(1, 50)},{chance.randint(1, 9)}" for row in range(rows)]
    lines[1:1] = [f"{row},with,too,many,fields" for row in range(ragged)]
    user.aws("s3").put_object(
        Bucket=f"{NAMESPACE}-{pipeline}-{ACCOUNT}",
        Key=f"csv_data/2026-11-{number + 1:02}.csv",
        Body="\n".join(["order_id,item,quantity", *lines, ""]).encode(),
    )


def converted(objects: int) -> Callable[[Status], bool]:
    """Return whether this many objects are converted and no run is active."""

    def is_done(status: Status) -> bool:
        done = status.data is not None and status.data.objects == objects
        return done and status.holds("DataCurrent") and not is_active(status.runs[0].state)

    return is_done


def change_in_aws(user: User, pipeline: str) -> None:
    """Change two resources by hand, and request a comparison."""
    name = f"{NAMESPACE}-{pipeline}"
    sqs, functions = user.aws("sqs"), user.aws("lambda")
    queue = sqs.get_queue_url(QueueName=f"{name}-uploads")["QueueUrl"]
    attributes = {"VisibilityTimeout": "31", "MessageRetentionPeriod": "3600"}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes=attributes)
    functions.update_function_configuration(FunctionName=f"{name}-notify", Timeout=7)
    annotation = {"dataflowxpress.io/reconcile-requested-at": "now"}
    user.patch(pipeline, {"metadata": {"annotations": annotation}})


def views(browser: Browser, served: Served, scheme: str) -> Iterator[tuple[str, Page]]:
    """Yield each view by name, ready for its picture."""
    context = browser.new_context(color_scheme=scheme, viewport={"width": 1280, "height": 560})  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(served.url)
    page.locator("tbody tr").nth(3).wait_for()
    yield "list", page
    for name, pipeline in PIPELINES.items():
        page.set_viewport_size({"width": 1280, "height": HEIGHTS[name]})
        page.goto(f"{served.origin}/#/pipelines/{NAMESPACE}/{pipeline}")
        page.get_by_role("heading", name=pipeline, exact=True).wait_for()
        page.locator(".node").first.wait_for()
        yield name, page
    context.close()


if __name__ == "__main__":
    main()
