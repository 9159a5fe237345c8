"""One fault at a time, at the worst moment: no upload needs another one to be converted."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from rich.console import Console

from dataflowxpress_sandbox import processes
from dataflowxpress_sandbox.aws.faults import Faults
from tests.chaos.chain import Chain
from tests.chaos.observation import Observation
from tests.chaos.plan import Upload
from tests.chaos.weather import CRAWL, JOB
from tests.e2e.conftest import User

pytestmark = [pytest.mark.extended, pytest.mark.long, pytest.mark.timeout(1200)]

NAME = "chaoshops"
MANIFEST, PARQUET = "dataflowxpress/manifests/*", "parquet_data/csv_data/dfx_batch=*"
STAGED = "dataflowxpress/staged/*"
DEATHS = {
    "before it reads": ("kill", "s3:GetObject", "csv_data/*"),
    "before the first rows are written": ("kill", "s3:PutObject", STAGED),
    "before a file is in its batch": ("kill", "s3:PutObject", PARQUET),
    "between two files of a batch": ("kill-after", "s3:PutObject", PARQUET),
    "between its files and the manifest": ("kill", "s3:PutObject", MANIFEST),
    "after the manifest and before its event": ("kill-after", "s3:PutObject", MANIFEST),
}


@dataclass
class Hops:
    """A pipeline, and what was uploaded to it."""

    chain: Chain
    faults: Faults
    scratch: Path
    uploads: list[Upload] = field(default_factory=list)

    def object(self, pattern: str) -> str:
        """Return the ARNs of objects in its bucket."""
        return f"arn:aws:s3:::{self.chain.name}/{pattern}"

    def upload(self, key: str = "", *, noted: bool = False) -> None:
        """Upload an object, or new content for one that is there; *noted* has another column."""
        number = len(self.uploads)
        key = key or f"csv_data/{number}.csv"
        upload = Upload(number, key, 5, noted=noted, shuffled=False)
        s3 = self.chain.user.aws("s3")
        s3.put_object(Bucket=self.chain.name, Key=key, Body=upload.body)
        self.uploads.append(upload)

    def struck(self, number: int, times: int = 1) -> None:
        """Wait until a fault has struck."""
        self.chain.wait(
            lambda: self.faults.struck(number) >= times,
            180,
            f"struck {times} times by fault {number}",
        )

    def comes_right(self) -> float:
        """Wait until the pipeline is quiet and compare all facts; return how long that took."""
        began = time.monotonic()
        status = self.chain.quiet()
        seconds = time.monotonic() - began
        observation = Observation(self.chain.user.aws, self.chain.name, self.scratch)
        assessment = observation.assessment(self.uploads, status)
        assert assessment.good, assessment
        return seconds


@pytest.fixture(scope="module")
def chain(user: User) -> Chain:
    chain = Chain(user, NAME)
    chain.begin()
    return chain


@pytest.fixture(scope="module")
def uploads() -> list[Upload]:
    return []


@pytest.fixture
def hops(chain: Chain, uploads: list[Upload], faults: Faults, tmp_path: Path) -> Iterator[Hops]:
    """The pipeline of this module: what each test uploads stays."""
    yield Hops(chain, faults, tmp_path, uploads)
    faults.clear()


def test_an_upload_during_a_running_crawl_is_converted_without_another(hops: Hops) -> None:
    about = {"resource": f"*{NAME}*", "caller": CRAWL, "times": 1}
    # By then the crawl has listed all objects: it cannot see the second one.
    number = hops.faults.set("delay", "glue:GetTables", **about, seconds=10)
    hops.upload(noted=True)  # no crawl starts for known columns
    hops.struck(number)
    assert hops.chain.crawls()
    hops.upload()
    hops.comes_right()


def test_an_upload_during_a_running_job_is_converted_without_another(hops: Hops) -> None:
    manifest = hops.object(MANIFEST)
    number = hops.faults.set("delay", "s3:PutObject", resource=manifest, times=1, seconds=10)
    hops.upload()
    hops.struck(number)
    assert hops.chain.running()
    hops.upload()
    hops.comes_right()


def test_a_job_that_dies_has_neither_lost_nor_doubled_a_row(
    user: User, faults: Faults, tmp_path: Path
) -> None:
    """Each death on a pipeline of its own, all at once: mostly they wait."""
    with ThreadPoolExecutor() as pool:
        dying = {
            death: pool.submit(dies, Hops(Chain(user, f"{NAME}{number}"), faults, tmp_path), death)
            for number, death in enumerate(DEATHS)
        }
    assert {death: each.result() for death, each in dying.items()} == dict.fromkeys(dying, 1)


def dies(hops: Hops, death: str) -> int:
    """Let a run with an object that is new and one that came again die; return how many failed."""
    hops.chain.begin()
    hops.upload()
    hops.comes_right()
    kind, on, objects = DEATHS[death]
    fault = hops.faults.set(kind, on, resource=hops.object(objects), caller=JOB, times=1)
    hops.upload()
    hops.upload(hops.uploads[0].key)
    hops.struck(fault)
    hops.comes_right()
    return hops.chain.failed()


def test_with_every_event_of_glue_lost_uploads_are_converted(
    user: User, faults: Faults, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    hops = Hops(Chain(user, f"{NAME}glue"), faults, tmp_path)  # its first upload needs a crawl
    hops.chain.begin()
    lost = faults.set("drop", "event:Glue *", resource=f"*/{hops.chain.name}")
    try:
        hops.upload()
        seconds = hops.comes_right()
        hops.struck(lost, times=2)
    finally:
        faults.clear()
    with pytestconfig.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        Console().print(f"\nevery event of Glue lost: converted after {seconds:.0f} s")


def test_with_every_notification_lost_uploads_are_converted(hops: Hops) -> None:
    lost = hops.faults.set("drop", "notification:*", resource=hops.object("*"))
    hops.upload()
    hops.struck(lost)
    hops.comes_right()


def test_what_is_uploaded_while_the_operator_is_down_and_no_event_comes_is_converted(
    hops: Hops,
) -> None:
    hops.faults.set("drop", "notification:*", resource=hops.object("*"))
    sandbox = hops.chain.user.sandbox
    processes.stop(sandbox.directory, {"operator"})
    try:
        hops.upload()
    finally:
        sandbox.up()
    hops.comes_right()
