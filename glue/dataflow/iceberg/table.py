"""Table: the SQL that a run sends for one Iceberg table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dataflow.iceberg.settings import CATALOG
from dataflow.iceberg.types import quoted, spark_type
from dataflow.layout import OBJECT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pyspark.sql import DataFrame, SparkSession

MAIN = "main"
# In the messages of a fast-forward that has lost a race; another run drops what it has published.
_LOST = ("Cannot fast-forward", "CommitFailed", "Ref does not exist")


class MainMoved(Exception):
    """Another writer, such as AWS' compaction, has changed the table since the branch began."""


class IcebergTable:
    """One table of Glue's catalog."""

    def __init__(self, spark: SparkSession, database: str, name: str) -> None:
        self.spark = spark
        self._short = f"{quoted(database)}.{quoted(name)}"
        self.name = f"{CATALOG}.{self._short}"

    def create(
        self,
        columns: Mapping[str, str],
        partitions: Sequence[str],
        location: str,
        properties: Mapping[str, str],
    ) -> None:
        """Create the table, if it does not exist, with the catalog's types by name."""
        described = ", ".join(f"{quoted(name)} {spark_type(k)}" for name, k in columns.items())
        by = f"PARTITIONED BY ({', '.join(map(quoted, partitions))})" if partitions else ""
        self.sql(
            f"CREATE TABLE IF NOT EXISTS {self.name} ({described}) USING iceberg {by}"
            f" LOCATION '{location}' TBLPROPERTIES ({_pairs(properties)})"
        )

    def alter(self, change: str) -> None:
        """Change the table, for example `DROP BRANCH x`."""
        self.sql(f"ALTER TABLE {self.name} {change}")

    def set(self, properties: Mapping[str, str]) -> None:
        """Set properties of the table."""
        self.alter(f"SET TBLPROPERTIES ({_pairs(properties)})")

    def begin(self, branch: str) -> None:
        """Make a branch of the newest rows; one of this name, of a dead attempt, goes first."""
        self.drop(branch)
        self.alter(f"CREATE BRANCH {quoted(branch)}")

    def drop(self, branch: str) -> None:
        """Drop a branch, if it exists."""
        self.alter(f"DROP BRANCH IF EXISTS {quoted(branch)}")

    def delete(self, branch: str, objects: Iterable[str]) -> None:
        """Delete the rows of objects from a branch."""
        listed = ", ".join(f"'{each}'" for each in objects)
        if listed:
            self.sql(f"DELETE FROM {self.on(branch)} WHERE {OBJECT} IN ({listed})")  # noqa: S608 - digests

    def update(self, branch: str, values: str) -> None:
        """Give all rows of a branch new values, in SQL."""
        self.sql(f"UPDATE {self.on(branch)} SET {values}")  # noqa: S608 - quoted names

    def replace_columns(self, new: Mapping[str, str], fields: Mapping[str, int]) -> None:
        """Let columns have the names of others, which go, in one change of the schema.

        *new* has the columns that stay by the names of those that go, and *fields* the identifiers
        of the latter. Raises RuntimeError if another run has replaced one of them already.
        """
        session: Any = self.spark
        util = session._jvm.org.apache.iceberg.spark.Spark3Util  # noqa: SLF001 - SQL needs two changes
        table = util.loadIcebergTable(session._jsparkSession, self.name)  # noqa: SLF001
        change = (
            table.updateSchema()
        )  # of the schema that this reads; fails if it changes meanwhile
        for name, column in new.items():
            if table.schema().findField(name).fieldId() != fields[name]:
                raise RuntimeError(f"another run has changed column {name} of {self.name}")
            change = change.deleteColumn(name).renameColumn(column, name)
        change.commit()

    def append(self, branch: str, rows: DataFrame) -> None:
        """Append rows, whose columns can be some of the table's, to a branch."""
        rows.writeTo(self.on(branch)).option("check-ordering", "false").append()

    def rows_of(self, snapshot: int, objects: Iterable[str]) -> DataFrame:
        """Return the rows that a snapshot has of objects."""
        rows = self.spark.read.option("snapshot-id", snapshot).table(self.name)
        return rows.where(rows[OBJECT].isin(list(objects)))

    def fast_forward(self, branch: str) -> None:
        """Let the table have the rows of a branch, in one commit; raises MainMoved."""
        try:
            self.sql(
                f"CALL {CATALOG}.system.fast_forward("
                f"table => '{self._short}', branch => '{MAIN}', to => '{branch}')"
            )
        except Exception as error:
            if any(each in str(error) for each in _LOST):
                raise MainMoved(str(error)) from error
            raise

    def call(self, procedure: str, **arguments: str) -> None:
        """Call a procedure of Iceberg with arguments in SQL."""
        given = "".join(f", {name} => {value}" for name, value in arguments.items())
        self.sql(f"CALL {CATALOG}.system.{procedure}(table => '{self._short}'{given})")

    def sql(self, statement: str) -> None:
        """Run a statement to its end."""
        self.spark.sql(statement).collect()

    def on(self, branch: str) -> str:
        """Return the name of a branch in SQL."""
        return f"{self.name}.{quoted(f'branch_{branch}')}"


def _pairs(properties: Mapping[str, str]) -> str:
    return ", ".join(f"'{name}' = '{value}'" for name, value in properties.items())
