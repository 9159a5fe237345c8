"""Spark's home: a folder of the user's cache with everything that a job's JVM starts from.

The class archive, made by a first run, halves the start of a JVM. A session starts in 2 s instead
of 4, and the first query answers in 2.5 s instead of 7, on 2 cores. An archive is valid only for
the same jars in the same folder, so the cache has links to the jars too.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from . import jars
from .java import java, version

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .jars import Artifact

_OPTIONS = (
    "-Xmx1g",
    "-XX:+UseSerialGC",
    "-XX:-UsePerfData",  # writes a file that outlives a killed JVM
    "-XX:TieredStopAtLevel=1",  # a sandbox's jobs end before a better compiler pays off
    "-Xlog:cds=off",
    "-Xlog:cds+dynamic=off",
    "-Djdk.reflect.useDirectMethodHandle=false",
    "-Dio.netty.tryReflectionSetAccessible=true",
    "-Djava.net.preferIPv4Stack=true",
    # Spark on Java 17 needs these; its launcher, which this skips, would add them.
    *(
        f"--add-opens=java.base/{package}=ALL-UNNAMED"
        for package in (
            *("java.lang", "java.lang.invoke", "java.lang.reflect", "java.io", "java.net"),
            *("java.nio", "java.util", "java.util.concurrent", "java.util.concurrent.atomic"),
            *("jdk.internal.ref", "sun.nio.ch", "sun.nio.cs", "sun.security.action"),
            "sun.util.calendar",
        )
    ),
    "--add-opens=java.security.jgss/sun.security.krb5=ALL-UNNAMED",
)
# `follow`: each run has files of its own, to which the one JVM turns its standard error.
_LOGGING = """rootLogger.level = warn
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.follow = true
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %d{yy/MM/dd HH:mm:ss} %p %c{1}: %m%n%ex
logger.statistics.name = org.apache.parquet.CorruptStatistics
logger.statistics.level = error
"""


@dataclass(frozen=True)
class Home:
    """A prepared home of Spark."""

    path: Path
    archive: Path  # where the class archive is, once a run has made it

    @property
    def options(self) -> Path:
        """The options of every JVM, the class path among them."""
        return self.path / "jvm.options"

    def archived(self) -> list[str]:
        """Return the options that a JVM needs to use the class archive; none if it is missing."""
        return [f"-XX:SharedArchiveFile={self.archive}"] if self.archive.is_file() else []


def current(extras: Sequence[Artifact] = ()) -> Home:
    """Return the home for this Java, this pyspark and *extras*, whether it exists or not.

    A home with extras uses the archive of the home without: an archive also holds for a class path
    that begins with its own.
    """
    import pyspark

    versions = (pyspark.__version__, version(java()), *map(_pin, jars.ARTIFACTS))
    base = _folder(*versions, *_OPTIONS, _LOGGING)
    return Home(_folder(base.name, *map(_pin, extras)) if extras else base, base / "classes.jsa")


def prepare(extras: Sequence[Artifact] = ()) -> Home:
    """Return Spark's home; make it first if it is missing: some seconds and 6 MB of downloads.

    *extras* are more jars on its class path. Several processes can call this at once: one makes
    the home, the others wait.
    """
    base = _made(current(), jars.ARTIFACTS)
    return _made(current(extras), extras, base) if extras else base


def _made(home: Home, artifacts: Sequence[Artifact], base: Home | None = None) -> Home:
    if not home.path.is_dir():
        home.path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(home.path.with_suffix(".lock")):
            if not home.path.is_dir():
                _make(home.path, artifacts, base)
    return home


def _folder(*pins: str) -> Path:
    return _cache() / "spark" / hashlib.sha256("\n".join(pins).encode()).hexdigest()[:16]


def _pin(artifact: Artifact) -> str:
    return ":".join(artifact)


def _make(home: Path, artifacts: Sequence[Artifact], base: Home | None) -> None:
    import pyspark

    stock = Path(pyspark.__file__).parent / "jars"
    scratch = Path(tempfile.mkdtemp(prefix=f"{home.name}.", dir=home.parent))
    try:
        (scratch / "jars").mkdir()
        for jar in [] if base else stock.glob("*.jar"):
            _link(jar, scratch / "jars" / jar.name)
        jars.fetch(java(), next(stock.glob("ivy-*.jar")), artifacts, scratch / "jars")
        # Sorted and spelled out: an archive holds for one order of the class path only.
        before = _jars(base.path, base.path) if base else []
        class_path = os.pathsep.join([*before, *_jars(scratch, home)])
        options = scratch / "jvm.options"
        logging = scratch / "log4j2.properties"
        logging.write_text(_LOGGING)
        logging_option = f'"-Dlog4j2.configurationFile={home / logging.name}"'
        options.write_text("\n".join((*_OPTIONS, logging_option, "-cp", f'"{class_path}"')))
        scratch.chmod(0o755)
        scratch.rename(home)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _jars(found: Path, home: Path) -> list[str]:
    """Return the jars that are in the folder *found*, with their paths in a home."""
    return [
        str(home / "jars" / name) for name in sorted(j.name for j in (found / "jars").iterdir())
    ]


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "dataflowxpress"


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
