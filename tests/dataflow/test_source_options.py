"""Source options: the job's argument `--source`."""

import json

from dataflow.source_options import (
    CsvOptions,
    DeclaredColumn,
    FixedField,
    FixedWidthOptions,
    SourceOptions,
    XmlOptions,
)


def test_what_is_not_given_has_the_defaults_of_the_spec() -> None:
    assert SourceOptions.parse("{}") == SourceOptions()


def test_names_of_the_spec_become_options() -> None:
    given = {
        "format": "csv",
        "csv": {"delimiter": "||", "nullValues": ["NA", "-"], "skipLines": 2},
        "xml": {"rowTag": "order"},
        "fixedWidth": {"fields": [{"name": "id", "width": 8}]},
        "columns": [{"name": "day", "from": "Day of Order", "type": "date", "required": True}],
        "newColumns": "Rescue",
    }

    assert SourceOptions.parse(json.dumps(given)) == SourceOptions(
        csv=CsvOptions(delimiter="||", null_values=("NA", "-"), skip_lines=2),
        xml=XmlOptions(row_tag="order"),
        fixed_width=FixedWidthOptions(fields=(FixedField(name="id", width=8),)),
        columns=(DeclaredColumn(name="day", source="Day of Order", type="date", required=True),),
        new_columns="Rescue",
    )
