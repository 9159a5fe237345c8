"""Job runner: the process of one run, in which the job's script is `__main__`.

`python -m …glue.job_runner RESULT SCRIPT ARGUMENT...` leaves in RESULT why the script failed.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
import traceback
from pathlib import Path

from dataflowxpress_sandbox.aws.children import tie_to_parent

_LONGEST = 2000  # characters of a message


def main() -> None:
    """Run the script, say how it ended, and end with all of its threads."""
    result, script, *arguments = sys.argv[1:]
    tie_to_parent()
    sys.argv = [script, *arguments]
    sys.path[0] = str(Path(script).parent)
    error = run(script)
    Path(result).write_text(json.dumps({"error": error}))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0 if error is None else 1)


def run(script: str) -> str | None:
    """Run a script; return the message of the exception that ended it, None when none did."""
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as left:
        return None if left.code in (None, 0) else f"SystemExit: {left.code}"
    except BaseException as error:  # noqa: BLE001  whatever it was, it failed the run
        traceback.print_exc()
        return message(error)
    return None


def message(error: BaseException) -> str:
    """Return the last line of a traceback; of Java's exceptions, what stands before its stack."""
    last = traceback.format_exception_only(error)[-1]
    return " ".join(last.partition("\n\tat ")[0].split())[:_LONGEST]


if __name__ == "__main__":
    main()
