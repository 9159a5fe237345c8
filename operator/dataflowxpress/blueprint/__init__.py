"""Blueprint: a DataPipeline's spec in, the AWS resources it stands for out. Pure."""

from .flow import blueprint

__all__ = ["blueprint"]
