"""Every dialect that the spec accepts: crawler and job read the same rows from it."""

from __future__ import annotations

import io
import itertools
import json
from typing import TYPE_CHECKING, Any

import pytest

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.aws.resources import Classifier, Job
from dataflowxpress.blueprint import blueprint
from dataflowxpress.planning.resource import Scope
from dataflowxpress_sandbox.aws.glue.schema.csv_classifier import CsvClassifier
from dataflowxpress_sandbox.aws.glue.schema.sample import Sample
from tests.sample import sampled

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.glue.conftest import Pipeline

SCOPE = Scope("default/orders", "123456789012", "eu-west-1")
# As a manifest spells it, and the character in the files.
DELIMITERS = {
    "semicolon": (";", ";"),
    "pipe": ("|", "|"),
    "tab by its name": (r"\t", "\t"),
    "tab": ("\t", "\t"),
    "start of heading": ("\x01", "\x01"),
    "unit separator": ("\x1f", "\x1f"),
    "space": (" ", " "),
    "caret": ("^", "^"),
    "number sign": ("#", "#"),
    "dash": ("-", "-"),
    "letter": ("t", "t"),
    "pilcrow": ("¶", "¶"),
    "thorn": ("þ", "þ"),
}
CASES = [
    pytest.param(*spelled, quote, header, id=f"{name} {quote} {header}")
    for (name, spelled), (quote, header) in zip(
        DELIMITERS.items(),
        itertools.cycle(itertools.product(('"', "'"), (True, False))),
        strict=False,
    )
]
CASES.append(pytest.param(r"\t", "\t", "'", False, id="tab by its name ' False"))
# Each kind of delimiter: punctuation, an escape, a control character, white space, two bytes.
SAMPLE = {";", r"\t", "\x1f", " ", "þ"}
# Each line of the first three is a record, also one that is only a delimiter.
ROWS = [("1", "plain"), ("2", "a {d} b"), ("", ""), ("4", "say {q}yes{q}"), ("5", "two\nlines")]


@pytest.mark.long
@pytest.mark.parametrize(
    ("spelled", "delimiter", "quote", "header"),
    sampled(CASES, lambda case: case.values[0] in SAMPLE),
)
def test_crawler_and_job_read_the_same_rows(
    make: Callable[..., Pipeline], spelled: str, delimiter: str, quote: str, *, header: bool
) -> None:
    rows = [tuple(cell.format(d=delimiter, q=quote) for cell in row) for row in ROWS]
    content, line_by_line = (
        "".join(_line(row, delimiter, quote) for row in ([("n", "v"), *some] if header else some))
        for some in (rows, rows[:3])
    )
    classifier, reading = _described(delimiter=spelled, quote=quote, header=header)
    sample = Sample(io.BytesIO(content.encode()))
    schema = CsvClassifier.of({**classifier.desired()}).classify(sample)
    assert schema
    columns = ["n", "v"] if header else ["col0", "col1"]
    assert schema.columns == dict(zip(columns, ("bigint", "string"), strict=True))

    pipeline = make(reading)
    described = ", ".join(f"{name} {kind}" for name, kind in schema.columns.items())
    pipeline.table("csv_data", "csv_data/", described)
    pipeline.put("csv_data/a.csv", content)
    pipeline.put("csv_data/lines.csv", line_by_line)
    entries = pipeline.converts()

    assert [entries[f"csv_data/{name}.csv"]["rejected"] for name in ("a", "lines")] == [0, 0]
    found = pipeline.rows("csv_data_parquet", ", ".join(columns))
    typed = [(int(n) if n else None, v or None) for n, v in [*rows, *rows[:3]]]
    assert sorted(found, key=str) == sorted(typed, key=str)


def _described(**csv: Any) -> tuple[Classifier, dict[str, Any]]:
    """Return what the operator makes of a dialect: the classifier, and how the job reads."""
    found = blueprint(DataPipelineSpec.model_validate({"source": {"csv": csv}}), SCOPE)
    [classifier] = [each for each in found if isinstance(each, Classifier)]
    [job] = [each for each in found if isinstance(each, Job)]
    return classifier, json.loads(job.arguments["--source"])


def _line(row: tuple[str, ...], delimiter: str, quote: str) -> str:
    """Return a row as CSV; a value is in quotes if it needs them."""
    needs = (delimiter, quote, "\n")
    return (
        delimiter.join(
            f"{quote}{cell.replace(quote, 2 * quote)}{quote}"
            if any(each in cell for each in needs)
            else cell
            for cell in row
        )
        + "\r\n"
    )
