"""Blueprint: derives the desired AWS resources from a DataPipeline's spec. Pure."""

from .flow import blueprint

__all__ = ["blueprint"]
