"""Job runner: runs the script of a job as `__main__` in the process of the run.

`python -m …glue.job_runner RESULT SCRIPT ARGUMENT...` writes the error of the script to RESULT.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
import traceback
from pathlib import Path

_LONGEST = 2000  # characters of a message


def main() -> None:
    """Run the script, write its result, and exit with all of its threads."""
    result, script, *arguments = sys.argv[1:]
    sys.argv = [script, *arguments]
    sys.path[0] = str(Path(script).parent)
    error = run(script)
    Path(result).write_text(json.dumps({"error": error}))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0 if error is None else 1)


def run(script: str) -> str | None:
    """Run a script; return the message of the exception that it raised, or None."""
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as exit_:
        return None if exit_.code in (None, 0) else f"SystemExit: {exit_.code}"
    except BaseException as error:  # noqa: BLE001  any exception fails the run
        traceback.print_exc()
        return message(error)
    return None


def message(error: BaseException) -> str:
    """Return the last line of a traceback; for Java exceptions, the text before the stack."""
    last = traceback.format_exception_only(error)[-1]
    return " ".join(last.partition("\n\tat ")[0].split())[:_LONGEST]


if __name__ == "__main__":
    main()
