"""Resources: every kind of AWS resource a pipeline is made of, one file each."""

from .bucket import Bucket
from .queue import Queue
from .role import Role

__all__ = ["Bucket", "Queue", "Role"]
