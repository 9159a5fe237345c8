"""Schema: the format, read settings and columns of data."""

from __future__ import annotations

from dataclasses import dataclass, field

from . import types


@dataclass(frozen=True)
class Schema:
    """The result of a classifier; a table merges the schemas of its objects."""

    classification: str
    columns: dict[str, str]  # names to types, in order
    settings: dict[str, str] = field(default_factory=dict)  # read settings: see `catalog`

    def fits(self, other: Schema) -> bool:
        """Return whether both have the same format and read settings."""
        return (self.classification, self.settings) == (other.classification, other.settings)

    def like(self, other: Schema) -> bool:
        """Return whether Glue would put both in one table: they share 70 % of the columns."""
        shared = self.columns.keys() & other.columns.keys()
        most = max(len(self.columns), len(other.columns))
        return self.fits(other) and len(shared) >= 0.7 * most

    def merged(self, other: Schema) -> Schema:
        """Return the merged schema: the columns of both, with types that fit both."""
        columns = dict(self.columns)
        for name, kind in other.columns.items():
            columns[name] = types.merge(columns.get(name, types.UNKNOWN), kind)
        return Schema(self.classification, columns, self.settings)


UNKNOWN = Schema("UNKNOWN", {})  # no classifier recognises the object
UNREADABLE = Schema("", {})  # S3 refuses to return the object
