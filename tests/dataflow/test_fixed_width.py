"""Fixed width: lines become fields by their characters."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow.reading.fixed_width import fixed_width_batches
from dataflow.skip_reasons import Unreadable
from dataflow.source_options import FixedField, FixedWidthOptions
from tests.dataflow.csv_outcomes import examples

FIELDS = FixedWidthOptions(
    fields=(FixedField(name="id", width=3), FixedField(name="name", width=5))
)
VALUES = st.text('abß🦆,"\t1 ', max_size=5).map(lambda text: text.strip(" "))


def read(*blocks: str) -> tuple[dict[int, tuple[str | None, ...]], dict[int, tuple[str, str]]]:
    """Return the rows, and the rejects' reasons and texts, by record."""
    rows: dict[int, tuple[str | None, ...]] = {}
    rejects: dict[int, tuple[str, str]] = {}
    for batch in fixed_width_batches(iter(blocks), FIELDS):
        arrays = [column.to_pylist() for column in batch.columns.values()]  # type: ignore[union-attr]
        rows |= dict(zip(batch.numbers.to_pylist(), zip(*arrays, strict=True), strict=True))
        rejects |= {reject.record: (reject.reason, reject.raw) for reject in batch.rejects}
    return rows, rejects


def test_fields_are_characters_without_the_spaces_around_them() -> None:
    assert read("  1größe\r\n\n   \n  2 ab  \r     x  ") == (
        {1: ("1", "größe"), 2: ("2", "ab"), 3: (None, "x")},
        {},
    )


def test_a_line_of_another_length_is_rejected_unless_spaces_follow() -> None:
    rows, rejects = read("  1Ann\n  2Bob    \n  3Cecilia\n  4Dee  \n")

    assert rows == {2: ("2", "Bob"), 4: ("4", "Dee")}
    assert rejects == {
        1: ("record 1 has 6 characters, the fields have 8", "  1Ann"),
        3: ("record 3 has 10 characters, the fields have 8", "  3Cecilia"),
    }


def test_bytes_that_are_no_text_reject_their_record() -> None:
    rows, rejects = read("  1M\udcfcll \n  2Bob  \n")

    assert rows == {2: ("2", "Bob")}
    [(reason, raw)] = rejects.values()
    assert reason.startswith("column name: 0xfc at character 2 cannot be decoded")
    assert raw == "  1M\\xfcll "


def test_without_fields_the_object_is_refused_with_the_option() -> None:
    with pytest.raises(Unreadable, match=r"source\.fixedWidth\.fields"):
        list(fixed_width_batches(iter(["x\n"]), FixedWidthOptions()))


def test_a_text_without_lines_is_refused_before_it_fills_the_memory() -> None:
    with pytest.raises(Unreadable, match="a line is longer"):
        read("x" * 1_100_000)


def test_an_object_without_records_shows_its_columns() -> None:
    [batch] = fixed_width_batches(iter([]), FIELDS)

    assert {name: len(column) for name, column in batch.columns.items()} == {"id": 0, "name": 0}


@given(
    st.lists(st.tuples(st.sampled_from(["1", "22", "333"]), VALUES), max_size=6),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.lists(st.integers(0, 60), max_size=6),
)
@examples(40)
def test_rows_are_read_wherever_blocks_are_cut(
    rows: list[tuple[str, str]], end: str, cuts: list[int]
) -> None:
    text = "".join(f"{number:3}{name:5}{end}" for number, name in rows)
    blocks = [text[start:stop] for start, stop in pairwise([0, *sorted(cuts), len(text)])]

    expected = {at: (number, name or None) for at, (number, name) in enumerate(rows, 1)}
    assert read(*blocks) == (expected, {})
