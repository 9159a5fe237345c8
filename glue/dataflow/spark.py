"""Spark: the session of a run, which starts when something first needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark import SparkContext
    from pyspark.sql import SparkSession


class Spark:
    """The Spark session of a run."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        self._settings = settings
        self._session: SparkSession | None = None

    @property
    def is_started(self) -> bool:
        """Whether Spark's threads exist, so that a fork of this process could hang."""
        return self._session is not None

    @property
    def session(self) -> SparkSession:
        """The session; its start takes seconds."""
        if not self._session:
            from pyspark.sql import SparkSession

            builder = SparkSession.builder
            for name, value in self._settings.items():
                builder = builder.config(name, value)
            self._session = builder.getOrCreate()
        return self._session

    @property
    def context(self) -> SparkContext:
        """The context of the session."""
        return self.session.sparkContext
