"""Transforms: Glue's transformation classes over the methods of a dynamic frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from awsglue.dynamicframe import DynamicFrame


class ApplyMapping:
    """Rename, cast and select fields."""

    @classmethod
    def apply(
        cls, frame: DynamicFrame, mappings: Sequence[Sequence[str]], **_: Any
    ) -> DynamicFrame:
        """Return the mapped frame."""
        return frame.apply_mapping(mappings)


class ResolveChoice:
    """Cast fields to one type."""

    @classmethod
    def apply(cls, frame: DynamicFrame, *args: Any, **kwargs: Any) -> DynamicFrame:
        """Return the resolved frame."""
        return frame.resolveChoice(*args, **kwargs)


class DropNullFields:
    """Drop fields without any value."""

    @classmethod
    def apply(cls, frame: DynamicFrame, **_: Any) -> DynamicFrame:
        """Return the frame without them."""
        return frame.drop_null_fields()


class DropFields:
    """Drop fields."""

    @classmethod
    def apply(cls, frame: DynamicFrame, paths: Sequence[str], **_: Any) -> DynamicFrame:
        """Return the frame without them."""
        return frame.drop_fields(paths)


class SelectFields:
    """Select fields."""

    @classmethod
    def apply(cls, frame: DynamicFrame, paths: Sequence[str], **_: Any) -> DynamicFrame:
        """Return the frame with only these fields."""
        return frame.select_fields(paths)


class RenameField:
    """Rename a field."""

    @classmethod
    def apply(cls, frame: DynamicFrame, old_name: str, new_name: str, **_: Any) -> DynamicFrame:
        """Return the frame with the new name."""
        return frame.rename_field(old_name, new_name)


class Filter:
    """Filter records."""

    @classmethod
    def apply(
        cls, frame: DynamicFrame, f: Callable[[dict[str, Any]], bool], **_: Any
    ) -> DynamicFrame:
        """Return the records for which the function returns true."""
        return frame.filter(f)


class Map:
    """Apply a function to each record."""

    @classmethod
    def apply(
        cls, frame: DynamicFrame, f: Callable[[dict[str, Any]], Any], **_: Any
    ) -> DynamicFrame:
        """Return the results of the function."""
        return frame.map(f)


class Join:
    """Join the records of two frames."""

    @classmethod
    def apply(
        cls,
        frame1: DynamicFrame,
        frame2: DynamicFrame,
        keys1: Sequence[str],
        keys2: Sequence[str],
        **_: Any,
    ) -> DynamicFrame:
        """Return the pairs with equal keys."""
        return frame1.join(keys1, keys2, frame2)
