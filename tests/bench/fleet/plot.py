"""Plot: the operator's memory over time as an SVG image, which browsers and GitHub show."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from .measurement import Sample

WIDTH, HEIGHT, MARGIN = 760, 260, 48  # pixels
BOUND = 300  # MB
LINES = 5  # on each axis
SPACE = "http://www.w3.org/2000/svg"
FONT = 'font-family="sans-serif" font-size="11"'
DASHED = 'stroke="#c00" stroke-dasharray="4"'


def memory(samples: Sequence[Sample], title: str) -> str:
    """Return the image."""
    last = max(sample.seconds for sample in samples)
    most = max(BOUND, *(sample.megabytes for sample in samples)) * 1.1

    def at(seconds: float, megabytes: float) -> tuple[float, float]:
        x = MARGIN + seconds / last * (WIDTH - 2 * MARGIN)
        return round(x, 1), round(HEIGHT - MARGIN - megabytes / most * (HEIGHT - 2 * MARGIN), 1)

    points = " ".join("{},{}".format(*at(s.seconds, s.megabytes)) for s in samples)
    (left, bound), (right, _) = at(0, BOUND), at(last, BOUND)
    return "\n".join(
        [
            f'<svg xmlns="{SPACE}" viewBox="0 0 {WIDTH} {HEIGHT}" {FONT}>',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
            f'<text x="{MARGIN}" y="20" font-size="13">{escape(title)}</text>',
            *(_label(*at(last * n / LINES, 0), f"{last * n / LINES / 60:.0f} min", 16)
              for n in range(LINES + 1)),
            *(_label(*at(0, most * n / LINES), f"{most * n / LINES:.0f} MB", 0)
              for n in range(LINES + 1)),
            f'<line x1="{left}" x2="{right}" y1="{bound}" y2="{bound}" {DASHED}/>',
            f'<polyline fill="none" stroke="#06c" stroke-width="1.5" points="{points}"/>',
            "</svg>\n",
        ]
    )  # fmt: skip


def _label(x: float, y: float, text: str, below: int) -> str:
    where = f'x="{x}" text-anchor="middle"' if below else f'x="{x - 6}" text-anchor="end"'
    return f'<text {where} y="{y + below}">{text}</text>'
