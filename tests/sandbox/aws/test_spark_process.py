"""A Spark process: its number stays its own until its group is killed, whatever ends before it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from dataflowxpress_sandbox.aws import Aws
from dataflowxpress_sandbox.aws.credentials import Credentials
from dataflowxpress_sandbox.aws.spark import fork_server as server_program
from dataflowxpress_sandbox.aws.spark.jvms import Jvms
from dataflowxpress_sandbox.aws.spark.process import Running, Workspace
from dataflowxpress_sandbox.processes import wait_until

LEAVES_A_CHILD = """
import os, subprocess
print(os.getpid(), subprocess.Popen(["sleep", "600"]).pid, flush=True)
"""
STAYS = "import os, time; print(os.getpid()); time.sleep(600)"
TELLS = """
import os, sys, tempfile, time
print(sys.argv[1:], os.getcwd() == sys.path[0] == tempfile.gettempdir(), os.environ["GIVEN"])
print(time.tzname[0], os.getpid() == os.getpgid(0), sorted(os.listdir("/proc/self/fd"))[:3])
sys.exit(7)
"""


class Scripts:
    """Runs scripts, each in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.jvms = Jvms(folder)
        self._folder = folder
        self._started = list[Running]()

    def start(self, script: str, *arguments: str, **environment: str) -> tuple[Running, Path]:
        """Return the process of a script, and its output."""
        folder = self._folder / str(len(self._started))
        (folder / "tmp").mkdir(parents=True)
        (folder / "script.py").write_text(script)
        nobody = Credentials(Aws(1), "key", "secret", "token")
        started = Workspace(nobody, folder).start(
            self.jvms, ("script", arguments), {}, {"PYTHONPATH": str(folder), **environment}
        )
        self._started.append(started)
        return started, folder / "output.log"

    def end(self) -> None:
        for each in self._started:
            each.kill()
        self.jvms.end()


@pytest.fixture
def scripts(tmp_path: Path) -> Iterator[Scripts]:
    made = Scripts(tmp_path)
    yield made
    made.end()


def printed(output: Path, words: int) -> list[str]:
    wait_until(lambda: len(output.read_text().split()) == words, 60, f"{words} words in {output}")
    return output.read_text().split()


def fork_server() -> psutil.Process:
    """Return the fork server of this process."""
    children = psutil.Process().children()
    living = [each for each in children if each.status() != psutil.STATUS_ZOMBIE]
    [found] = [each for each in living if server_program.__name__ in each.cmdline()]
    return found


def test_who_has_ended_keeps_its_number_until_what_it_left_behind_is_killed(
    scripts: Scripts,
) -> None:
    ran, output = scripts.start(LEAVES_A_CHILD)
    assert ran.ends(60), "it closes its files, a moment before it is dead"
    ended, left = map(psutil.Process, map(int, printed(output, 2)))
    wait_until(lambda: ended.status() == psutil.STATUS_ZOMBIE, 20, "dead and not waited for")
    assert ran.kill() == 0, "it had ended well before"
    wait_until(lambda: not left.is_running(), 10, "what it left is killed")
    assert not ended.is_running()
    assert ran.kill() == 0, "and again, when its number may be somebody else's"


def test_who_stays_is_killed(scripts: Scripts) -> None:
    ran, _ = scripts.start(STAYS)
    assert not ran.ends(0.1)
    assert ran.kill() == -signal.SIGKILL


def test_a_script_is_run_as_a_program_of_its_own(scripts: Scripts) -> None:
    ran, output = scripts.start(TELLS, "a b", "ü", GIVEN="yes", TZ="Asia/Tokyo")
    assert ran.ends(60)
    assert ran.kill() == 7
    assert output.read_text().splitlines() == [
        "['a b', 'ü'] True yes",
        "JST True ['0', '1', '2']",
    ]


@pytest.mark.extended
def test_a_fork_server_that_was_killed_is_replaced_and_its_processes_end(scripts: Scripts) -> None:
    ran, output = scripts.start(STAYS)
    stays = psutil.Process(int(printed(output, 1)[0]))
    killed = fork_server()
    killed.kill()
    assert ran.kill() == -signal.SIGKILL
    wait_until(lambda: not stays.is_running(), 20, "the process ends with its standard input")
    after, _ = scripts.start("")
    assert after.ends(60)
    assert after.kill() == 0
    assert fork_server().pid != killed.pid


@pytest.mark.extended
def test_forks_end_with_their_server_when_the_last_is_killed(scripts: Scripts) -> None:
    first, _ = scripts.start(STAYS)
    server = fork_server()
    scripts.jvms.end()
    assert server.is_running(), "a process of it lives"
    first.kill()
    scripts.jvms.end()
    assert not server.is_running()
