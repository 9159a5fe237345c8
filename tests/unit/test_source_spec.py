"""Spec of the source: how files are read, what the job gets of it, and the crawler's classifier."""

from __future__ import annotations

import codecs
import json
import re
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from pydantic import ValidationError

from dataflow.source_options import CsvOptions, JsonOptions, SourceOptions
from dataflowxpress.api.spec import DataPipelineSpec, mistakes
from dataflowxpress.api.spec.file_formats import LONGEST_GROK, Csv, Encoding, Json
from dataflowxpress.blueprint.classification import classification
from dataflowxpress.blueprint.source_argument import source_argument
from tests.hostile import SCHEMA, of

READ_ALL = {"skipLines": 2, "comment": "#", "nullValues": ["NA"], "decimal": ",", "escape": "\\"}


def spec_of(source: dict[str, Any], **catalog: Any) -> DataPipelineSpec:
    return DataPipelineSpec.model_validate({"source": source, "catalog": {"schema": catalog}})


def options_of(source: dict[str, Any], **catalog: Any) -> SourceOptions:
    """Return the options as the job parses them."""
    return SourceOptions.parse(source_argument(spec_of(source, **catalog)))


def column(**fields: Any) -> dict[str, Any]:
    return {"columns": [{"name": "a", **fields}]}


MISTAKES = {
    "options of another format": (
        {"format": "json", "csv": {"delimiter": ";"}},
        (
            "spec.source.csv: these options are for files of format csv only; remove them, or set"
            " source.format: csv"
        ),
    ),
    "JSON options for CSV": (
        {"json": {"multiLine": True}},
        (
            "spec.source.json: these options are for files of format json only; remove them, or"
            " set source.format: json"
        ),
    ),
    "XML without a row": (
        {"format": "xml"},
        (
            "spec.source.xml: format xml needs the name of the element of one record; set"
            " source.xml.rowTag"
        ),
    ),
    "fixed width without fields": (
        {"format": "fixedWidth"},
        (
            "spec.source.fixedWidth: format fixedWidth needs the fields of a line; set"
            " source.fixedWidth.fields"
        ),
    ),
    "an encoding for Parquet": (
        {"format": "parquet", "encoding": "utf-16"},
        (
            'spec.source.encoding: "utf-16" is invalid: files of this format name their own'
            " encoding, or hold no text; remove source.encoding, which is for csv, json and"
            " fixedWidth"
        ),
    ),
    "an encoding by another name": (
        {"encoding": "latin1"},
        ('spec.source.encoding: "latin1" is not one of the choices; use for example "iso-8859-1"'),
    ),
    "a doubled quote as escape": (
        {"csv": {"escape": '"'}},
        (
            'spec.source.csv.escape: "\\"" is invalid: the escape is the quote itself, and a'
            " doubled quote needs no escape; remove it"
        ),
    ),
    "two characters as escape": (
        {"csv": {"escape": "\\\\"}},
        (
            r'spec.source.csv.escape: "\\\\" has the wrong form;'
            " use one punctuation character, like \\"
        ),
    ),
    "a delimiter of nine characters": (
        {"csv": {"delimiter": "|" * 9}},
        'spec.source.csv.delimiter: "|||||||||" has 9 characters; use at most 8',
    ),
    "a comment like a delimiter": (
        {"csv": {"delimiter": "#", "comment": "#"}},
        (
            'spec.source.csv.comment: "#" is invalid: lines with an empty or quoted first value'
            " begin like a comment; choose a comment that begins with neither the delimiter nor"
            " the quote"
        ),
    ),
    "an unknown type": (
        column(type="varchar(10)"),
        (
            'spec.source.columns[0].type: "varchar(10)" has the wrong form; use a type like'
            " string, bigint, decimal(10,2), date, timestamp, array<string> or"
            " struct<a:int,b:string>, without spaces"
        ),
    ),
    "an unknown type in another": (
        column(type="array<number>"),
        (
            'spec.source.columns[0].type: "array<number>" is no type of the catalog; use a type'
            " like string, bigint, decimal(10,2), date, timestamp, array<string> or"
            " struct<a:int,b:string>, without spaces"
        ),
    ),
    "more digits after the decimal sign than digits": (
        column(type="map<string,decimal(3,4)>"),
        (
            'spec.source.columns[0].type: "map<string,decimal(3,4)>" has decimal(3,4); use at'
            " most 38 digits, and not more digits after the decimal sign than digits"
        ),
    ),
    "a format for a number": (
        column(type="int", format="dd.MM.yyyy"),
        (
            'spec.source.columns[0].format: "dd.MM.yyyy" is invalid: a format is for dates and'
            " times only; remove it, or set type: date or timestamp"
        ),
    ),
    "a format of another language": (
        column(type="date", format="%d.%m.%Y"),
        (
            'spec.source.columns[0].format: "%d.%m.%Y" has capitals; use the letters yMdHhmsSaXxZz'
            " of Java, like dd.MM.yyyy or yyyy-MM-dd'T'HH:mm:ss, or epochSeconds or epochMillis;"
            " other letters stand in single quotes"
        ),
    ),
    "a decimal sign for text": (
        column(type="string", decimal=","),
        (
            'spec.source.columns[0].decimal: "," is invalid: a decimal sign is for float, double'
            " and decimal(p,s) only; remove it, or set the type"
        ),
    ),
    "a column of the job": (
        column() | {"columns": [{"name": "_file"}]},
        (
            'spec.source.columns[0].name: "_file" is invalid: the job adds a column of this name;'
            " choose another name, and set `from`"
        ),
    ),
    "a name twice": (
        {"columns": [{"name": "a"}, {"name": "b"}, {"name": "a"}]},
        (
            'spec.source.columns: [{"name": "a"}, {"name": "b"}, {"name": "a"}] has more than one'
            ' entry with the name "a"; remove or rename all but one'
        ),
    ),
    "an unknown field in a list": (
        {"columns": [{"name": "a"}, {"name": "b", "tpye": "int"}]},
        "spec.source.columns[1].tpye: unknown field; use type",
    ),
    "a declaration that no argument can hold": (
        {"columns": [{"name": f"c{n}", "description": "x" * 255} for n in range(260)]},
        (
            "spec.source.columns: the declarations have more than 65536 characters, which the job"
            " cannot take; use shorter types and descriptions"
        ),
    ),
    "fields that no classifier can hold": (
        {
            "format": "fixedWidth",
            "fixedWidth": {"fields": [{"name": f"{'x' * 200}{n}", "width": 1} for n in range(10)]},
        },
        (
            "spec.source.fixedWidth.fields: the names have more than 2048 characters with 10 for"
            " each field, the limit of Glue's classifiers; use shorter names"
        ),
    ),
}


@pytest.mark.parametrize(("source", "text"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_named_with_its_field_and_fix(source: dict[str, Any], text: str) -> None:
    (found,) = mistakes(DataPipelineSpec, {"source": source})
    assert re.sub(r": \[\{.*…? is invalid: ", ": ", found) == text
    with pytest.raises(ValidationError):
        DataPipelineSpec.model_validate({"source": source}, by_name=False, by_alias=True)


@pytest.mark.parametrize(
    "kind",
    [
        *("string", "boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "date"),
        *("timestamp", "binary", "decimal(38,0)", "decimal(5,5)", "array<int>"),
        *("map<string,array<double>>", "struct<a:int,b_2:struct<c:decimal(10,2)>>"),
    ],
)
def test_a_type_of_the_catalog_can_be_declared(kind: str) -> None:
    assert mistakes(DataPipelineSpec, {"source": column(type=kind)}) == []


@pytest.mark.parametrize(
    "kind", ["int>", "array<int", "struct<array<int>:int>", "array<?>", "map<int>", "intarray<int>"]
)
def test_a_text_that_only_resembles_a_type_is_refused(kind: str) -> None:
    assert len(mistakes(DataPipelineSpec, {"source": column(type=kind)})) == 1


def test_a_column_twice_or_a_column_of_the_job_cannot_be_a_folder() -> None:
    for names, fault in ((["a", "a"], "named twice"), (["_rescued"], "the job adds a column")):
        (found,) = mistakes(DataPipelineSpec, {"target": {"partitionBy": names}})
        assert found.startswith("spec.target.partitionBy: ")
        assert fault in found


def test_without_quotes_a_comment_and_an_escape_are_still_checked() -> None:
    assert mistakes(DataPipelineSpec, {"source": {"csv": {"quote": "", "comment": "#"}}}) == []
    wrong = {"source": {"csv": {"quote": "", "comment": ",x"}}}
    (found,) = mistakes(DataPipelineSpec, wrong)
    assert found.startswith("spec.source.csv.comment: ")
    its = classification(spec_of({"csv": {"quote": ""}}).source)
    assert its
    assert "QuoteSymbol" not in its[1]


def test_python_knows_each_encoding() -> None:
    for name in set(get_args(Encoding)) - {"auto"}:
        assert codecs.lookup(name)


def test_a_spec_without_options_means_the_defaults_of_the_job() -> None:
    assert source_argument(DataPipelineSpec()) == "{}"
    for ours, theirs in ((Csv(), CsvOptions()), (Json(), JsonOptions())):
        assert ours.model_dump() == {name: getattr(theirs, name) for name in ours.model_dump()}
    job, spec = SourceOptions(), DataPipelineSpec()
    assert (job.format, job.encoding) == (spec.source.format, spec.source.encoding)
    assert job.compression == spec.source.compression
    schema = spec.catalog.table_schema
    assert (job.new_columns, job.type_changes) == (schema.new_columns, schema.type_changes)


def test_the_job_gets_what_the_spec_says_and_nothing_else() -> None:
    columns = [
        {"name": "day", "from": "Tag ", "type": "date", "format": "dd.MM.yyyy"},
        {"name": "price", "type": "decimal(10,2)", "decimal": ",", "required": True},
        {"name": "note", "description": "free text"},
    ]
    source = {"encoding": "iso-8859-1", "csv": {"delimiter": "\\t", **READ_ALL}, "columns": columns}
    argument = source_argument(spec_of(source, newColumns="Rescue"))
    assert json.loads(argument) == {
        "encoding": "iso-8859-1",
        "csv": {"delimiter": "\t", **READ_ALL},
        "columns": [*columns[:2], {"name": "note"}],
        "newColumns": "Rescue",
    }


def test_a_description_converts_no_object_again() -> None:
    assert options_of(column(description="x")) == options_of(column())


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(of(SCHEMA["properties"]["source"]))
def test_the_job_understands_whatever_the_spec_allows(source: dict[str, Any]) -> None:
    if mistakes(DataPipelineSpec, {"source": source}):
        return
    spec, job = spec_of(source), options_of(source)
    assert (job.format, job.csv.delimiter) == (spec.source.format, spec.source.csv.separator)
    assert job.csv.null_values == spec.source.csv.null_values
    assert [each.name for each in job.columns] == [each.name for each in spec.source.columns]
    assert [each.source for each in job.columns] == [
        each.source or "" for each in spec.source.columns
    ]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({"format": "json"}, None),
        ({"format": "json", "json": {"multiLine": True}}, {"JsonPath": "$[*]"}),
        (
            {"format": "json", "json": {"multiLine": True, "recordPath": "data.items"}},
            {"JsonPath": "$.data.items[*]"},
        ),
        (
            {"format": "xml", "xml": {"rowTag": "order"}},
            {"Classification": "xml", "RowTag": "order"},
        ),
        *(({"format": name}, None) for name in ("parquet", "avro", "orc")),
    ],
)
def test_the_crawler_gets_the_classifier_of_the_format(
    source: dict[str, Any], expected: dict[str, str] | None
) -> None:
    found = classification(spec_of(source).source)
    assert (found and found[1]) == expected


def test_a_longer_delimiter_gives_the_crawler_its_first_character() -> None:
    found = classification(spec_of({"csv": {"delimiter": ", "}}).source)
    assert found
    assert found[1]["Delimiter"] == ","


def test_fixed_width_becomes_a_pattern_that_cuts_a_line_at_the_widths() -> None:
    fields = [{"name": "id", "width": 3}, {"name": "city", "width": 5}, {"name": "no", "width": 3}]
    source = spec_of({"format": "fixedWidth", "fixedWidth": {"fields": fields}}).source
    found = classification(source)
    assert found
    its = found[1]
    custom = dict(line.split(" ", 1) for line in its["CustomPatterns"].split("\n"))
    pattern = re.sub(
        r"%\{(\w+):(\w+)\}", lambda m: f"(?P<{m[2]}>{custom[m[1]]})", its["GrokPattern"]
    )
    cut = re.fullmatch(pattern, "001Köln 12")
    assert cut
    assert cut.groupdict() == {"id": "001", "city": "Köln ", "no": "12"}
    assert len(its["GrokPattern"]) <= LONGEST_GROK
