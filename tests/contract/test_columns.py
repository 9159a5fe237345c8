"""Columns: users see where a column comes from, and a wrong one leaves the tables for good."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pyarrow as pa
import pytest
import yaml
from pyarrow import parquet
from typer.testing import CliRunner

from dataflowxpress.cli.app import app
from dataflowxpress.dataplane import RecoveryAction, RequestHandler
from dataflowxpress_sandbox import aws as sandbox_aws
from tests.contract.pipeline_bucket import Bucket, Json, entry
from tests.fresh_clients import fresh_clients

if TYPE_CHECKING:
    from dataflowxpress_sandbox.aws.serving import RunningAws

JUNK = "id;name;total"
LAYOUT = {"target": "parquet_data/csv_data/", "partition_by": []}


class Tables:
    """The tables of a pipeline in the catalog, as crawls and runs leave them."""

    def __init__(self, glue: Any, bucket: Bucket) -> None:
        self.glue, self.bucket, self.database = glue, bucket, f"default_{bucket.name}"
        self.database = self.database.replace("-", "_")
        self.types = {"id": "bigint", "name": "string", JUNK: "string"}
        self.packs = True  # else the objects have a directory each, as in earlier versions
        self.packed: dict[str, pa.Table] = {}  # rows by key

    def make(self, name: str, folder: str, columns: Json, **more: Any) -> None:
        storage = {
            "Columns": [{"Name": each, "Type": kind} for each, kind in columns.items()],
            "Location": f"s3://{self.bucket.name}/{folder}",
        }
        about = {"Name": name, "StorageDescriptor": storage, **more}
        self.glue.create_table(DatabaseName=self.database, TableInput=about)

    def crawled(self, name: str = "csv_data", folder: str = "csv_data/", **more: str) -> None:
        self.make(name, folder, {**self.types, **more}, PartitionKeys=[])

    def parquet(self, name: str = "csv_data", **more: str) -> None:
        owner = {"dataflowxpress.io/pipeline": f"default/{self.bucket.name}"}
        keys = [{"Name": "dfx_batch", "Type": "string"}]
        columns = {**self.types, **more, "dfx_object": "string"}
        folder = f"parquet_data/{name}/"
        self.make(f"{name}_parquet", folder, columns, Parameters=owner, PartitionKeys=keys)

    def columns(self, name: str) -> list[str]:
        table = self.glue.get_table(DatabaseName=self.database, Name=name)["Table"]
        names = [each["Name"] for each in table["StorageDescriptor"]["Columns"]]
        return [name for name in names if name != "dfx_object"]

    def written(self, key: str, **columns: list[Any]) -> Json:
        """Put the Parquet of an object, and return its entry."""
        columns = {JUNK if name == "junk" else name: each for name, each in columns.items()}
        types = {"id": pa.int64(), "tags": pa.list_(pa.string())}
        arrays = {
            name: pa.array(each, types.get(name, pa.string())) for name, each in columns.items()
        }
        rows = len(columns["id"])
        made = {**entry(key, table="csv_data"), "read": rows, "rows": rows, "write_layout": "l"}
        if self.packs:
            digests = pa.array([hashlib.sha256(key.encode()).hexdigest()[:16]] * rows)
            self.packed[key] = pa.table({**arrays, "dfx_object": digests})
            return {**made, "batch": "b"}
        directory = f"parquet_data/csv_data/dfx_object={abs(hash(key))}/"
        self.bucket.put(f"{directory}part-0.parquet", _parquet(pa.table(arrays)))
        return {**made, "directories": [directory]}

    def run(self, *entries: Json, **more: Any) -> None:
        layouts = {"l": {**LAYOUT, "types": {**self.types, "tags": "array<string>"}}}
        if self.packed:
            more["batches"] = {"b": self._batch()}
        self.bucket.run(*entries, write_layouts=layouts, **more)

    def _batch(self) -> Json:
        """Put all rows into one file, and return the record of its batch."""
        content = _parquet(pa.concat_tables(self.packed.values(), promote_options="default"))
        directory = f"parquet_data/csv_data/dfx_batch=b-{self.bucket.number}/"
        self.bucket.put(f"{directory}part-0.parquet", content)
        files = [["part-0.parquet", len(content), 1]]
        return {"table": "csv_data", "directory": directory, "files": files, "partition_by": []}


def _parquet(rows: pa.Table) -> bytes:
    file = io.BytesIO()
    parquet.write_table(rows, file)
    return file.getvalue()


@pytest.fixture(params=[True, False], ids=["packed", "a directory for each object"])
def packs(request: pytest.FixtureRequest) -> bool:
    """Whether objects share a file, or have a directory each, as in earlier versions."""
    return bool(request.param)


@pytest.fixture
def tables(aws: RunningAws, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tables]:
    """The tables of a pipeline, with the credentials of a person who can change them."""
    made = Tables(aws.client("glue"), bucket)
    with fresh_clients(monkeypatch, sandbox_aws.environment(aws.port)):
        yield made
    for table in made.glue.get_tables(DatabaseName=made.database)["TableList"]:
        made.glue.delete_table(DatabaseName=made.database, Name=table["Name"])


def keys_in(bucket: Bucket, folder: str) -> list[str]:
    found = bucket.s3.list_objects_v2(Bucket=bucket.name, Prefix=f"dataflowxpress/{folder}/")
    return [each["Key"] for each in found.get("Contents", ())]


def requested(bucket: Bucket) -> list[str]:
    return sorted(key.split("/", 3)[3] for key in keys_in(bucket, "requests"))


def test_a_column_is_shown_with_its_type_and_where_it_comes_from(tables: Tables) -> None:
    tables.crawled(new="date")
    tables.parquet(_rescued="string")
    tables.run()
    assert tables.bucket.call("columns").stdout.splitlines() == [
        "csv_data (csv_data/)",
        "  id             bigint  crawled",
        "  name           string  crawled",
        "  id;name;total  string  crawled",
        "  _rescued       string  added by the job",
        "  new            -       crawled; no converted object has it",
    ]


def test_a_widened_column_is_shown_with_time_value_and_object(tables: Tables) -> None:
    change = {"table": "csv_data", "column": "name", "old": "bigint", "new": "string"}
    tables.crawled()
    tables.parquet()
    tables.run(type_changes=[{**change, "object": "csv_data/b.csv", "value": "A7", "message": ""}])
    tables.bucket.snapshot()  # the history is in the manifests only
    [line] = [each for each in tables.bucket.call("columns").stdout.splitlines() if "A7" in each]
    assert line.endswith(
        "crawled; bigint until 2026-01-01T12:00, widened to string because of 'A7' in"
        " csv_data/b.csv"
    )
    for output in ("json", "yaml"):  # JSON is YAML
        listed = yaml.safe_load(tables.bucket.call("columns", "-o", output).stdout)
        found = {each["name"]: each for each in listed}
        assert found["name"]["type"] == "string"
        assert [each["value"] for each in found["name"]["changes"]] == ["A7"]
        assert found["id"]["changes"] == []


def test_a_column_without_values_leaves_both_tables_and_no_run_takes_it_back(
    tables: Tables,
) -> None:
    tables.crawled()
    tables.crawled("a_csv", "csv_data/2024/")  # another part of the same table
    tables.parquet()
    tables.run(tables.written("csv_data/a.csv", id=[1, 2], junk=[None, None]))
    done = tables.bucket.call("columns", "--forget", JUNK, "--yes")
    assert done.exit_code == 0, done.output
    for name in ("csv_data", "a_csv", "csv_data_parquet"):
        assert tables.columns(name) == ["id", "name"]
    [order] = keys_in(tables.bucket, "forgotten")
    assert order == "dataflowxpress/forgotten/csv_data/id%3Bname%3Btotal"
    assert requested(tables.bucket) == []
    tables.crawled("b_csv", "csv_data/2025/")  # the next crawl adds it again
    [line] = [each for each in tables.bucket.call("columns").stdout.splitlines() if JUNK in each]
    assert "forgotten: the job refuses objects that have it" in line


def test_a_column_with_values_stays_until_the_user_has_seen_which_objects_go(
    tables: Tables, *, packs: bool
) -> None:
    tables.packs = packs
    tables.crawled()
    tables.parquet()
    tables.run(
        tables.written("csv_data/good.csv", id=[1], junk=[None]),
        tables.written("csv_data/bad.csv", id=[None, None], junk=["1;a;2", None]),
        tables.written("csv_data/older.csv", id=[1]),
    )
    refused = tables.bucket.call("columns", "--forget", JUNK, "--yes")
    assert refused.exit_code == 1
    assert "has values, from csv_data/bad.csv\n  Why: with --with-values" in refused.stderr
    assert keys_in(tables.bucket, "forgotten") == []
    assert JUNK in tables.columns("csv_data_parquet")
    done = tables.bucket.call("columns", "--forget", JUNK, "--with-values", "--yes")
    assert done.exit_code == 0, done.output
    assert "Refused, with all of their rows: csv_data/bad.csv." in done.stdout
    assert requested(tables.bucket) == ["csv_data/bad.csv"]
    assert JUNK not in tables.columns("csv_data_parquet")


def test_a_crawl_between_reading_and_writing_is_no_lost_update(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables.crawled()
    trigger = RequestHandler.trigger

    def crawl(handler: RequestHandler, action: RecoveryAction) -> None:
        table = tables.glue.get_table(DatabaseName=tables.database, Name="csv_data")["Table"]
        storage = table["StorageDescriptor"]
        storage["Columns"].append({"Name": "new", "Type": "string"})
        about = {"Name": "csv_data", "StorageDescriptor": storage, "PartitionKeys": []}
        tables.glue.update_table(DatabaseName=tables.database, TableInput=about)
        trigger(handler, action)

    with monkeypatch.context() as patch:
        patch.setattr(RequestHandler, "trigger", crawl)
        refused = tables.bucket.call("columns", "--forget", JUNK, "--yes")
    assert (refused.exit_code, "table csv_data changed meanwhile" in refused.stderr) == (1, True)
    assert tables.bucket.call("columns", "--forget", JUNK, "--yes").exit_code == 0
    assert tables.columns("csv_data") == ["id", "name", "new"]


def test_keys_cannot_send_commands_to_a_terminal(tables: Tables) -> None:
    tables.crawled()
    tables.parquet()
    tables.run(tables.written("csv_data/\x1b[2J.csv", id=[1], junk=["x"]))
    refused = tables.bucket.call("columns", "--forget", JUNK, "--yes")
    assert "csv_data/\\x1b[2J.csv" in refused.stderr
    assert "\x1b" not in refused.output


def test_only_the_current_content_of_an_object_counts(tables: Tables, *, packs: bool) -> None:
    tables.packs = packs
    tables.crawled()
    tables.parquet()
    tables.run(tables.written("csv_data/a.csv", id=[None], junk=["1;a;2"]))
    tables.run(tables.written("csv_data/a.csv", id=[1]))
    done = tables.bucket.call("columns", "--forget", JUNK, "--yes")
    assert done.exit_code == 0, done.output


def test_nested_values_count_as_values(tables: Tables, *, packs: bool) -> None:
    tables.packs = packs
    tables.crawled(tags="array<string>")
    tables.parquet(tags="array<string>")
    tables.run(
        tables.written("csv_data/a.csv", id=[1], tags=[None]),
        tables.written("csv_data/b.csv", id=[1], tags=[["x"]]),
    )
    refused = tables.bucket.call("columns", "--forget", "tags", "--yes")
    assert "has values, from csv_data/b.csv\n" in refused.stderr


def test_nothing_is_forgotten_unasked(tables: Tables) -> None:
    tables.crawled()
    done = tables.bucket.call("columns", "--forget", JUNK)
    assert (done.exit_code, "add --yes" in done.stderr) == (1, True)
    assert keys_in(tables.bucket, "forgotten") == []


def test_a_mistake_in_the_name_is_a_sentence(tables: Tables) -> None:
    tables.crawled()
    wrong = tables.bucket.call("columns", "--forget", "nmae", "--yes")
    assert (wrong.exit_code, "no column nmae in csv_data" in wrong.stderr) == (1, True)
    wrong = tables.bucket.call("columns", "--table", "orders")
    assert "the pipeline has no table orders\n  Fix: give --table one of csv_data" in wrong.stderr


def test_without_permission_the_error_names_the_action_and_a_repetition_completes_the_work(
    aws: RunningAws, tables: Tables
) -> None:
    tables.crawled()
    operator = sandbox_aws.operator_environment(aws.port)
    with pytest.MonkeyPatch.context() as patched, fresh_clients(patched, operator):
        denied = tables.bucket.call("columns", "--forget", JUNK, "--yes")
    assert (denied.exit_code, "glue:UpdateTable" in denied.stderr) == (1, True), denied.output
    assert tables.bucket.call("columns", "--forget", JUNK, "--yes").exit_code == 0
    assert tables.columns("csv_data") == ["id", "name"]


def test_orders_are_found_again_under_the_name_of_the_column(tables: Tables) -> None:
    odd = "a/b %é;"
    tables.crawled(**{odd: "string"})
    assert tables.bucket.call("columns", "--forget", odd, "--yes").exit_code == 0
    [order] = keys_in(tables.bucket, "forgotten")
    assert unquote(order.rpartition("/")[2]) == odd
    assert odd in tables.bucket.call("columns").stdout


def test_an_object_in_s3_is_a_sample(tables: Tables) -> None:
    tables.bucket.put("uploads/ä b.csv", b"Id;Day\n1;31.12.2025\n")
    url = f"s3://{tables.bucket.name}/uploads/ä b.csv"
    answer = CliRunner().invoke(app, ["columns", url])
    assert answer.exit_code == 0, answer.output
    source = yaml.safe_load(answer.stdout)["source"]
    assert [each["name"] for each in source["columns"]] == ["id", "day"]
    missing = CliRunner().invoke(app, ["columns", f"{url}.gz"])
    assert missing.exit_code == 1
    assert missing.stderr.startswith("Error: ")
    assert "Traceback" not in missing.output
