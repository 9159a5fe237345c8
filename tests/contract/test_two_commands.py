"""Two people change a pipeline without a cluster at once: one gets an error, nothing is lost."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer
import yaml
from rich.console import Console
from typer.testing import CliRunner, Result

from dataflowxpress.api.spec import GROUP, KIND, VERSION
from dataflowxpress.aws import clients
from dataflowxpress.cli import change
from dataflowxpress.cli.app import app
from dataflowxpress_sandbox import aws as sandbox_aws
from tests.fresh_clients import forget_clients, fresh_clients

if TYPE_CHECKING:
    from dataflowxpress_sandbox.aws.serving import RunningAws

KEY = "dataflowxpress/status.json"
BOB = "bob@desk"
Answer = Callable[[], None]


class Person:
    """Somebody at a terminal, with a manifest of a pipeline."""

    def __init__(self, aws: RunningAws, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.name = f"two-{uuid.uuid4().hex[:8]}"
        self.s3, self.glue = aws.client("s3"), aws.client("glue")
        self._folder, self._patch = folder, patch
        self.asked = 0

    def manifest(self, **spec: Any) -> str:
        file = self._folder / f"{uuid.uuid4().hex}.yaml"
        head = {"apiVersion": f"{GROUP}/{VERSION}", "kind": KIND, "metadata": {"name": self.name}}
        spec = {"bucket": {"name": self.name}, "deletionPolicy": "Delete", **spec}
        file.write_text(yaml.safe_dump({**head, "spec": spec}))
        return str(file)

    def run(self, command: str, file: str, *answers: Answer) -> tuple[Result, str]:
        """Run a command; before each answer "yes", something happens. Without any: `--yes`."""
        screen, pending = io.StringIO(), [*answers]

        def confirm(_question: str, **_: Any) -> bool:
            self.asked += 1
            pending.pop(0)()
            return True

        with self._patch.context() as patch:
            if answers:
                terminal = Console(
                    file=screen, force_terminal=True, highlight=False, soft_wrap=True
                )
                patch.setattr(change, "console", terminal)
                patch.setattr(typer, "confirm", confirm)
            options = [] if answers else ["--yes"]
            done = CliRunner().invoke(app, [command, "-f", file, *options])
        return done, screen.getvalue() + done.output

    def record(self) -> dict[str, Any]:
        stored = self.s3.get_object(Bucket=self.name, Key=KEY)["Body"]
        content: dict[str, Any] = json.load(stored)
        return content

    def writer(self) -> str:
        return str(self.record()["writer"]["by"])

    def write_as_bob(self) -> None:
        writer = {"id": uuid.uuid4().hex, "by": BOB, "at": "2026-01-01T12:00:00Z"}
        body = json.dumps({**self.record(), "writer": writer}).encode()
        self.s3.put_object(Bucket=self.name, Key=KEY, Body=body)

    def jobs(self) -> list[str]:
        pages = self.glue.get_paginator("get_jobs").paginate()
        found = [job["Name"] for page in pages for job in page["Jobs"]]
        return [name for name in found if self.name in name]

    def before_write(self, number: int, do: Answer) -> None:
        """Let something happen before the command writes its record for the *number*th time."""
        seen: list[object] = []

        def watch(params: Any, **_: Any) -> None:
            if params["url_path"].endswith(KEY):
                seen.append(params)
                if len(seen) == number:
                    do()

        events = clients.clients(None, None)("s3").meta.events
        events.register("before-call.s3.PutObject", watch)


@contextmanager
def person(aws: RunningAws, folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Person]:
    """Have somebody at a terminal, whose pipeline is deleted in the end."""
    with fresh_clients(patch, sandbox_aws.operator_environment(aws.port)):
        made = Person(aws, folder, patch)
        yield made
        forget_clients()  # and what a test has done to them
        done, said = made.run("delete", made.manifest())
        assert done.exit_code == 0, said


@pytest.fixture
def newcomer(aws: RunningAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Person]:
    """Somebody whose pipeline does not exist yet."""
    with person(aws, tmp_path, monkeypatch) as made:
        yield made


@pytest.fixture(scope="module")
def settled(
    aws: RunningAws, tmp_path_factory: pytest.TempPathFactory, environment: pytest.MonkeyPatch
) -> Iterator[Person]:
    """Somebody whose pipeline exists as long as the module's tests."""
    with person(aws, tmp_path_factory.mktemp("two"), environment) as made:
        yield made


@pytest.fixture
def anna(settled: Person) -> Person:
    """Somebody whose pipeline exists as its first manifest describes it."""
    forget_clients()
    settled.asked = 0
    done, said = settled.run("apply", settled.manifest())
    assert done.exit_code == 0, said
    return settled


def test_a_plan_that_changes_while_a_person_reads_it_is_shown_and_confirmed_again(
    anna: Person,
) -> None:
    first = anna.manifest(job={"name": f"{anna.name}-anna"})
    second = anna.manifest(job={"name": f"{anna.name}-bob"})
    bob: list[Result] = []

    def bob_applies() -> None:
        bob.append(CliRunner().invoke(app, ["apply", "-f", second, "--yes"]))

    done, said = anna.run("apply", first, bob_applies, lambda: None)
    assert [each.exit_code for each in bob] == [0], bob[0].output
    assert done.exit_code == 0, said
    assert anna.asked == 2
    assert "Nothing was applied: the plan has changed since it was shown" in said
    assert f"Job/{anna.name}-bob: as specified before, to delete now" in said
    assert anna.jobs() == [f"{anna.name}-anna"]  # the job of the other is deleted, not forgotten


def test_a_record_that_changes_after_the_yes_is_confirmed_again(anna: Person) -> None:
    file = anna.manifest(job={"name": f"{anna.name}-anna"})
    done, said = anna.run("apply", file, anna.write_as_bob, lambda: None)
    assert (done.exit_code, anna.asked) == (0, 2), said
    assert f"Nothing was applied: {BOB} changed the record s3://{anna.name}/{KEY}" in said
    assert anna.writer() != BOB
    assert anna.jobs() == [f"{anna.name}-anna"]


def test_of_two_that_apply_at_once_the_second_fails_before_it_changes_anything(
    anna: Person,
) -> None:
    anna.before_write(1, anna.write_as_bob)
    done, said = anna.run("apply", anna.manifest(job={"name": f"{anna.name}-anna"}))
    assert done.exit_code == 1
    assert f"{BOB} changed the record s3://{anna.name}/{KEY}" in said
    assert anna.writer() == BOB
    assert anna.jobs() == [f"default-{anna.name}"]


def test_a_record_that_changes_during_an_apply_is_not_overwritten(newcomer: Person) -> None:
    newcomer.before_write(3, newcomer.write_as_bob)  # after the claim, and after the inventory
    done, said = newcomer.run("apply", newcomer.manifest())
    assert done.exit_code == 1
    assert "run this one again" in said
    assert newcomer.writer() == BOB
    resources = newcomer.record()["resources"]
    assert f"default-{newcomer.name}" in {each["name"] for each in resources}


def test_a_write_that_the_client_repeats_is_no_conflict(anna: Person) -> None:
    seen: list[object] = []

    def lose_the_answer(request_dict: Any, **_: Any) -> int | None:
        if request_dict["url_path"].endswith(KEY) and not seen:
            seen.append(request_dict)
            return 0  # seconds until the client repeats a request that S3 has carried out
        return None

    events = clients.clients(None, None)("s3").meta.events
    events.register_first("needs-retry.s3.PutObject", lose_the_answer)
    done, said = anna.run("apply", anna.manifest(job={"name": f"{anna.name}-anna"}))
    assert (done.exit_code, len(seen)) == (0, 1), said


def test_nothing_is_deleted_if_another_command_changed_the_pipeline_meanwhile(
    anna: Person,
) -> None:
    done, said = anna.run("delete", anna.manifest(), anna.write_as_bob)
    assert done.exit_code == 1
    assert f"{BOB} changed the record" in said
    assert anna.jobs() == [f"default-{anna.name}"]


def test_only_apply_applies_a_manifest_that_has_changed(newcomer: Person) -> None:
    done, said = newcomer.run("apply", newcomer.manifest())
    assert done.exit_code == 0, said
    changed = newcomer.manifest(job={"workers": 3})
    for words in (["status"], ["runs"], ["run", "--no-wait"]):
        looked = CliRunner().invoke(app, [*words, "-f", changed])
        assert looked.exit_code == 0, looked.output
        job = newcomer.glue.get_job(JobName=f"default-{newcomer.name}")["Job"]
        assert job["NumberOfWorkers"] == 2, words
