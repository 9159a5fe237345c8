"""Schema: the format of some data, how to read it, and its columns."""

from __future__ import annotations

from dataclasses import dataclass, field

from . import types


@dataclass(frozen=True)
class Schema:
    """What a classifier makes of an object; schemas of one table are merged."""

    classification: str
    columns: dict[str, str]  # names to types, in order
    settings: dict[str, str] = field(default_factory=dict)  # how to read it: see `catalog`

    def fits(self, other: Schema) -> bool:
        """Say whether both can be read in the same way."""
        return (self.classification, self.settings) == (other.classification, other.settings)

    def like(self, other: Schema) -> bool:
        """Say whether Glue would take both for the same table: 70 % of the columns are shared."""
        shared = self.columns.keys() & other.columns.keys()
        most = max(len(self.columns), len(other.columns))
        return self.fits(other) and len(shared) >= 0.7 * most

    def merged(self, other: Schema) -> Schema:
        """Return one for both: columns of the first, then new ones, with types that hold both."""
        columns = dict(self.columns)
        for name, its in other.columns.items():
            columns[name] = types.merge(columns.get(name, types.UNKNOWN), its)
        return Schema(self.classification, columns, self.settings)
