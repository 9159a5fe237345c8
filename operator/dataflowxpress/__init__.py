"""DataFlowXpress: provisions CSV-to-Parquet pipelines on AWS from one Kubernetes resource.

The names in `__all__`, those of `dataflowxpress.sdk`, are the public Python API; everything else
can change in any version.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataflowxpress.sdk import *  # noqa: F403 - the names in its __all__


def __getattr__(name: str) -> Any:
    """Import the public API at the first use of a name: a command line needs few of them.

    Python asks here for a submodule, too, before it imports that.
    """
    if (name.startswith("__") and name != "__all__") or find_spec(f"{__name__}.{name}"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from dataflowxpress import sdk

    if name not in {"__all__", *sdk.__all__}:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(sdk, name)


def __dir__() -> list[str]:
    from dataflowxpress import sdk

    return [*globals(), *sdk.__all__]
