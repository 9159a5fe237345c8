"""What somebody asks by an annotation is done at once, not when the pipeline is next looked at."""

from __future__ import annotations

from collections.abc import Callable

from dataflowxpress.api.annotations import PAUSED, PLAN, REQUESTED
from dataflowxpress.api.status import Status
from tests.cluster.conftest import Start
from tests.e2e.conftest import User, says

ASKED: dict[str, tuple[str, Callable[[Status], bool]]] = {
    PAUSED: ("true", says("Paused")),
    PLAN: ("true", says("Planned")),
    REQUESTED: ("now", lambda status: status.reconcile_handled_at == "now"),
}


def no_more(done: Callable[[Status], bool]) -> Callable[[Status], bool]:
    return lambda status: not done(status)


def test_what_an_annotation_asks_is_done_at_once(user: User, start: Start) -> None:
    start("--poll-interval", "3600")
    user.pipeline("asked", bucket={"name": "asked"})
    user.ready("asked", seconds=60)
    for annotation, (value, done) in ASKED.items():
        user.pipeline("asked", annotations={annotation: value}, bucket={"name": "asked"})
        user.wait("asked", done, 60, f"answering {annotation}")
        user.pipeline("asked", bucket={"name": "asked"})
        if annotation != REQUESTED:  # its answer stays
            user.wait("asked", no_more(done), 60, f"done with {annotation}")
    user.gone("asked")
