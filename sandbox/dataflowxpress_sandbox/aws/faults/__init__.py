"""Fault injection for the sandbox's AWS: messages and API calls that fail on request.

By default, no fault is active. `Faults(aws)` sets, lists and clears faults while AWS runs. The
command line and the chaos suite use this class.
"""

from .client import Faults
from .fault import Fault, Kind

__all__ = ["Fault", "Faults", "Kind"]
