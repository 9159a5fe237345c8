"""Iceberg readers: tables of the emulated catalog, as pyiceberg and DuckDB see them."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
from pyiceberg.catalog import load_catalog

from dataflowxpress_sandbox.aws import REGION

if TYPE_CHECKING:
    from pyiceberg.table import Table


def loaded(endpoint: str, database: str, name: str) -> Table:
    """Return a table of the catalog at an endpoint."""
    shared = {
        "endpoint": endpoint,
        "region": REGION,
        "access-key-id": "test",
        "secret-access-key": "test",
    }
    properties = {f"{part}.{key}": shared[key] for part in ("glue", "s3") for key in shared}
    return load_catalog("glue", type="glue", **properties).load_table((database, name))


def in_duckdb(endpoint: str, metadata: str, columns: str) -> list[tuple[Any, ...]]:
    """Return the rows of the table with this metadata file, as DuckDB reads them."""
    with duckdb.connect(config={"allow_unsigned_extensions": "true"}) as database:
        for name in ("avro", "httpfs", "iceberg"):
            package = importlib.import_module(f"duckdb_extension_{name}")
            [extension] = Path(str(package.__file__)).parent.rglob(f"{name}.duckdb_extension")
            database.execute(f"LOAD '{extension}'")
        address = endpoint.removeprefix("http://")
        database.execute(
            "CREATE SECRET (TYPE s3, KEY_ID 'test', SECRET 'test', USE_SSL false,"
            f" URL_STYLE 'path', REGION '{REGION}', ENDPOINT '{address}')"
        )
        query = f"SELECT {columns} FROM iceberg_scan('{metadata}')"  # noqa: S608 - our words
        return sorted(database.execute(query).fetchall(), key=str)
