"""Faults of the sandbox's AWS: messages and API calls that go wrong on request.

Off until somebody sets one. `Faults(aws)` sets, lists and clears them while AWS runs; the command
line and the chaos suite use the same.
"""

from .client import Faults
from .fault import Fault, Kind

__all__ = ["Fault", "Faults", "Kind"]
