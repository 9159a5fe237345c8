"""Lake: a pipeline whose rows are in Iceberg tables, and the readers that people use."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.glue.conftest import Pipeline
from tests.iceberg_reader import in_duckdb, loaded

if TYPE_CHECKING:
    from pathlib import Path

    from pyiceberg.table import Table

    from dataflowxpress_sandbox.aws.serving import RunningAws

TABLE = "csv_data_iceberg"
ARGUMENTS = {
    "--datalake-formats": "iceberg",
    "--table_format": "Iceberg",
    "--target_prefix": "lake/",
}
SQL = """
import json, sys
from awsglue.utils import getResolvedOptions
from pyspark.sql import SparkSession

given = getResolvedOptions(sys.argv, ["sql", "warehouse"])
catalog = "spark.sql.catalog.glue_catalog"
extensions = "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"
spark = (
    SparkSession.builder.config("spark.sql.extensions", extensions)
    .config(catalog, "org.apache.iceberg.spark.SparkCatalog")
    .config(f"{catalog}.catalog-impl", "org.apache.iceberg.aws.glue.GlueCatalog")
    .config(f"{catalog}.io-impl", "org.apache.iceberg.aws.s3.S3FileIO")
    .config(f"{catalog}.warehouse", given["warehouse"])
    .config(f"{catalog}.glue.skip-name-validation", "true")
    .getOrCreate()
)
for statement in json.loads(given["sql"]):
    print([tuple(row) for row in spark.sql(statement).collect()])
"""


class Lake(Pipeline):
    """A pipeline with Iceberg tables, of numbers and names unless a test says otherwise."""

    def __init__(
        self,
        aws: RunningAws,
        folder: Path,
        columns: str = "n bigint, name string",
        **arguments: str,
    ) -> None:
        given = {f"--{name}": value for name, value in arguments.items()}
        super().__init__(aws, folder, {**ARGUMENTS, **given}, glue_version="5.1")
        self.table("csv_data", "csv_data/", columns)
        self._jobs: list[str] = []

    def loaded(self, table: str = TABLE) -> Table:
        """Return a table as pyiceberg sees it."""
        return loaded(self.aws.endpoint, self.name, table)

    def found(self, *columns: str, table: str = TABLE) -> list[tuple[Any, ...]]:
        """Return the rows that readers see, in order."""
        rows = self.loaded(table).scan(selected_fields=columns).to_arrow()
        return sorted((tuple(row[each] for each in columns) for row in rows.to_pylist()), key=str)

    def in_duckdb(self, columns: str) -> list[tuple[Any, ...]]:
        """Return the rows that DuckDB sees, in order."""
        return in_duckdb(self.aws.endpoint, self.loaded().metadata_location, columns)

    def spark(self, *statements: str) -> list[str]:
        """Run SQL as another program does, for example AWS' compaction; return what it prints."""
        self.put("dataflowxpress/scripts/sql.py", SQL)
        arguments = {"sql": json.dumps(statements), "warehouse": f"s3://{self.name}/lake/"}
        if "sql" not in self._jobs:
            self._jobs.append("sql")
            self.glue.create_job(
                Name=f"{self.name}-sql",
                Role=self.name,
                Command={
                    "Name": "glueetl",
                    "ScriptLocation": f"s3://{self.name}/dataflowxpress/scripts/sql.py",
                },
                GlueVersion="5.1",
                DefaultArguments={"--datalake-formats": "iceberg"},
            )
        reported = self._run(f"{self.name}-sql", arguments)
        assert reported["JobRunState"] == "SUCCEEDED", reported.get("ErrorMessage")
        output: Path = self.aws.directory / "logs" / "jobs" / reported["Id"] / "output.log"
        return output.read_text().splitlines()

    def compact(self) -> None:
        """Compact the table as AWS' optimizer does, at any time, in commits of its own."""
        self.spark(
            "CALL glue_catalog.system.rewrite_data_files("
            f"table => '`{self.name}`.{TABLE}', options => map('rewrite-all', 'true'))"
        )

    def branches(self, table: str = TABLE) -> set[str]:
        return set(self.loaded(table).metadata.refs)
