"""CSV records: which values and rejects an object gives, and when it is refused."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest

from dataflow.reading import csv_batch
from tests.dataflow.csv_outcomes import Outcome, careful_outcome, outcome


def read(text: str, columns: list[str] | None = None, **options: Any) -> Outcome:
    """Return what both paths make of a text."""
    found = outcome([text], columns, **options)
    assert found == careful_outcome([text], columns, **options)
    return found


def rows(text: str, columns: list[str] | None = None, **options: Any) -> list[tuple[Any, ...]]:
    """Return the rows of an object that has neither rejects nor a reason to be refused."""
    found = read(text, columns, **options)
    assert (found.refused, found.rejects) == ("", {})
    return list(found.rows.values())


def reasons(text: str, **options: Any) -> dict[int, str]:
    """Return the reasons of the rejects of an object that is read."""
    found = read(text, **options)
    assert found.refused == ""
    return {number: reason for number, (reason, _) in found.rejects.items()}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_every_line_end_separates_records(end: str, last: bool) -> None:
    assert rows(f"a,b{end}1,x{end}2,y{end if last else ''}") == [("1", "x"), ("2", "y")]


def test_line_ends_can_mix_and_none_is_in_a_value() -> None:
    assert rows("a,b\r\n1,x\n2,y\r3,z") == [("1", "x"), ("2", "y"), ("3", "z")]


def test_other_separators_of_unicode_are_no_line_ends() -> None:
    assert rows("a,b\n1,x\x0by\x85z\u2028\x0c\n") == [("1", "x\x0by\x85z\u2028\x0c")]


def test_an_empty_value_is_null_and_a_quoted_one_is_text() -> None:
    assert rows('a,b,c\n,"",\n"",,""\n') == [(None, "", None), ("", None, "")]
    assert rows('a,b\n1,"",'[:-1]) == [("1", "")]
    assert rows('a,b\n"",') == [("", None)]


def test_values_can_span_lines() -> None:
    assert rows('id,note\n1,"Dear Ann,\nsee 5, please"\n2,"a\r\n\r\nb"\n') == [
        ("1", "Dear Ann,\nsee 5, please"),
        ("2", "a\r\n\r\nb"),
    ]


def test_blank_lines_are_no_records_unless_the_options_say_so() -> None:
    assert rows("\n \na,b\n\n1,x\n \t\n\n2,y\n\n") == [("1", "x"), ("2", "y")]
    assert reasons("a,b\n1,x\n\n", ignore_empty_lines=False) == {
        2: "record 2 has 1 field, the header has 2"
    }


def test_in_one_column_a_blank_line_is_null_on_request_and_spaces_are_a_value() -> None:
    assert rows("a\n1\n\n  \n") == [("1",), ("  ",)]
    assert rows('a\n1\n\n""\n', ignore_empty_lines=False) == [("1",), (None,), ("",)]


def test_a_quote_inside_of_an_unquoted_value_is_part_of_it() -> None:
    assert rows('a,b\n5" pipe,{"k":"v"}\nsay "hi",7"\n') == [
        ('5" pipe', '{"k":"v"}'),
        ('say "hi"', '7"'),
    ]


def test_a_record_of_another_width_is_rejected() -> None:
    found = read('a,b\n1\n2,x\n3,y,z\n4,"p",q\n')

    assert found.rows == {2: ("2", "x")}
    assert found.rejects == {
        1: ("record 1 has 1 field, the header has 2", "1"),
        3: ("record 3 has 3 fields, the header has 2", "3,y,z"),
        4: ("record 4 has 3 fields, the header has 2", '4,"p",q'),
    }


def test_a_header_inside_the_object_is_no_row() -> None:
    found = read('a,b\n1,x\na,b\n2,y\n"a",b\n\ufeffa,b\n3,z\n')

    assert list(found.rows) == [1, 3, 6]
    assert {reason for reason, _ in found.rejects.values()} == {"repeats the header"}


def test_a_byte_order_mark_of_an_appended_file_is_in_no_value() -> None:
    assert rows('\ufeff\ufeffa,b\n1,x\n\ufeff2,y\n\ufeff"3",z\n\ufeff') == [
        ("1", "x"),
        ("2", "y"),
        ("3", "z"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        'id,name\n1,Ann\n2,"Bob\n3,Cid\n4,Dee\n',
        'id,name\n1,Ann\n2,"Bob\n3,Cid\n4,"Dee"\n5,Eve\n',
        'id,name,city\n1,Ann,Rome\n2,"Bob,Bonn\n3,Cid,Oslo\n4,Dee,Riga\n',
        'id,name,city\n1,Ann,Rome\n2,Bob,"Bonn\n3,Cid,Oslo\n4,"D, Dee",Riga\n5,Eve,Bern\n',
        'id,name\n1,Ann\n2,"Bob\n3,Cid\n4,Dee"\n5,Eve\n',
        'id,name,city\n1,Ann,Rome\n2,"Bob,Bonn\n3,Cid",Oslo\n',
        'id,name\n1,Ann\n2,"Bob\n3,"Cid"\n',
        'id,name\n"1","Ann"\n"2","Bob\n"3","Cid"\n',
        'id,b,c\n1,a,b\n2,",\n3,,",a"\n',
        'id,name\n1,Ann\n2,"Bob" is "his\nname,x"\n',
    ],
)
def test_an_open_quote_refuses_the_object_with_the_number_of_the_record(text: str) -> None:
    assert read(text).refused.startswith("Unreadable: record 2")


def test_a_record_without_an_end_is_refused_before_it_fills_the_memory() -> None:
    blocks = ['a,b\n1,x\n2,"', *["no end " * 200_000] * 3]

    with mock.patch.object(csv_batch, "MAX_RECORD", 2_000_000):
        assert outcome(blocks).refused == (
            "Unreadable: record 2: longer than 2000000 characters; a quote may not be closed"
        )


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('1,"5" tall"', "text after a closing quote: 'tall\"'"),
        ('1,"Bob" Smith', "text after a closing quote: 'Smith'"),
        ('1, "x, y"', "spaces around a quoted value; if spaces can surround a quoted value"),
        ('1,"x" ', "spaces around a quoted value"),
        ('"1",x"', "a quote closes a field but none opens it: 'x\"'"),
        (
            '1,"say \\"hi\\", ok"',
            "if a backslash escapes quotes in this file, set source.csv.escape",
        ),
    ],
)
def test_wrong_quotes_in_a_line_reject_its_record_alone(line: str, reason: str) -> None:
    found = read(f'id,b\n"0","a"\n{line}\n"2","c"\n')

    assert found.rows == {1: ("0", "a"), 3: ("2", "c")}
    assert [(reason in given, raw) for given, raw in found.rejects.values()] == [(True, line)]


def test_escaped_quotes_are_quotes_with_the_option() -> None:
    assert rows('id,b\n1,"say \\"hi\\", ok \\\\"\n2,"C:\\dir"\n3,"a ""b"""\n', escape="\\") == [
        ("1", 'say "hi", ok \\'),
        ("2", "C:\\dir"),
        ("3", 'a "b"'),
    ]


def test_a_backslash_is_an_ordinary_character_without_the_option() -> None:
    assert rows('id,b\n1,"C:\\dir\\"\n2,\\N\n') == [("1", "C:\\dir\\"), ("2", "\\N")]


@pytest.mark.parametrize("delimiter", ["||", "::", "¶", "\x1f", "\t", " ", "t", "-"])
def test_every_delimiter_separates_fields_and_can_be_in_quotes(delimiter: str) -> None:
    text = 'n|v\n1|"a|b"\n2|x\n|\n'.replace("|", delimiter)

    assert rows(text, delimiter=delimiter) == [("1", f"a{delimiter}b"), ("2", "x"), (None, None)]


def test_a_quote_can_be_another_character() -> None:
    assert rows("a,b\n1,'x, ''y'''\n2,\"z\n", quote="'") == [("1", "x, 'y'"), ("2", '"z')]


def test_comments_are_no_records_outside_of_quotes() -> None:
    text = '# it\'s "made\na,b\n1,"x\n#y"\n# end, "\n2,z#\n'

    assert rows(text, comment="#") == [("1", "x\n#y"), ("2", "z#")]


def test_tokens_for_null_are_null_without_quotes() -> None:
    assert rows('a,b\nNA,"NA"\n-,\nNAN,--\n', null_values=("NA", "-")) == [
        (None, "NA"),
        (None, None),
        ("NAN", "--"),
    ]


def test_lines_before_the_header_and_at_the_end_are_left_out() -> None:
    text = 'Report "2026\n\na,b\n1,x\n2,y\nTotal,"2\nend\n\n'

    assert rows(text, skip_lines=2, footer_lines=2) == [("1", "x"), ("2", "y")]


def test_spaces_around_values_go_on_request_but_not_those_in_quotes() -> None:
    assert rows('a,b\n 1 ,\t"x "\t\n  , NA \n', trim_values=True, null_values=("NA",)) == [
        ("1", "x "),
        (None, None),
    ]
    assert rows("a,b\n 1 , x\n") == [(" 1 ", " x")]


def test_names_are_as_uploaded_and_positions_name_columns_without_one() -> None:
    found = read('Order Id, Name ,"a\nb",,\n1,2,3,4,\n')

    assert found.names == ("Order Id", " Name ", "a\nb", "col3", "col4")


def test_without_a_header_columns_are_named_by_position() -> None:
    assert read("1,a\n2,b\n", header=False).names == ("col0", "col1")
    found = outcome(["1,a\n2,b,c\n3,d\n"], ["x"], header=False)
    assert (found.names, found.rows) == (("x", "col1"), {1: ("1", "a"), 3: ("3", "d")})
    assert found.rejects[2][0] == "record 2 has 3 fields, most records have 2"


def test_an_object_without_a_header_can_lack_no_known_column() -> None:
    found = outcome(["1,a\n"], ["x", "y", "z"], header=False)

    assert found.rejects == {1: ("record 1 has 2 fields, the table has 3", "1,a")}


def test_a_header_alone_shows_its_columns() -> None:
    assert read("a,b\n") == Outcome(names=("a", "b"))


@pytest.mark.parametrize("width", [1_500, 20_000])
def test_wide_objects_are_read(width: int) -> None:
    header, values = ([f"{kind}{at}" for at in range(width)] for kind in "cv")

    found = outcome([f"{','.join(header)}\n{','.join(values)}\n"])

    assert (found.names, found.rows) == (tuple(header), {1: tuple(values)})


def test_bytes_that_are_no_text_reject_their_record() -> None:
    found = read('id,name\n1,Ann\n2,M\udcfcller\n3,"\udcff\nx"\n\udcff\n4,Dee\n')

    assert list(found.rows) == [1, 5]
    reason, raw = found.rejects[2]
    assert reason.startswith("column name: 0xfc at character 2 cannot be decoded")
    assert raw == "2,M\\xfcller"
    assert found.rejects[4] == ("record 4 has 1 field, the header has 2", "\\xff")


def test_a_text_is_shown_as_uploaded() -> None:
    found = read('a||b\n1||"x ""y"""\n2||é \r\n', delimiter="||")

    assert found.raw == {1: '1||"x ""y"""', 2: "2||é "}
