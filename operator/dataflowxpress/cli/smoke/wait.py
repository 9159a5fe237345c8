"""Wait: polls until a condition holds, at most for a given time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from dataflowxpress.api.errors import PipelineError
from dataflowxpress.aws.errors import problem

from .hops import HopFailed

PAUSE = 2.0  # seconds between two polls
Answer = TypeVar("Answer")


def wait(
    poll: Callable[[], Answer],
    until: Callable[[Answer], bool],
    seconds: float,
    describe: Callable[[Answer], str],
) -> Answer:
    """Return the first answer of *poll* that satisfies *until*.

    An error that goes away by itself counts as no answer. Raises HopFailed after *seconds*, with
    the last error or the description of the last answer. An error that needs a person ends the wait
    at once.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            if until(answer := poll()):
                return answer
            state = describe(answer)
        except (PipelineError, ClientError, BotoCoreError) as error:
            found = problem(error)
            state = found.message
            if found.needs_person:
                raise HopFailed(state) from error
        if time.monotonic() > deadline:
            raise HopFailed(f"not done after {seconds:.0f} s: {state}")
        time.sleep(PAUSE)
