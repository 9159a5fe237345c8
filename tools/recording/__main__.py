"""`make recording`: writes docs/images/recording.svg."""

from __future__ import annotations

from pathlib import Path

from .drawing import svg
from .session import WIDTH, recorded

PICTURE = Path(__file__).parents[2] / "docs/images/recording.svg"

if __name__ == "__main__":
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(svg(recorded(), WIDTH) + "\n")
    print(f"Written: {PICTURE}")
