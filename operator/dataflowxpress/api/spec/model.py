"""Model: what all parts of the spec share, and the strings that several of them take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

CONTROL = r"\x00-\x1f\x7f"  # what XML has no words for, in which S3 and SNS are spoken to
# In an IAM policy `*`, `?` and `$` would stand for other keys than these.
Prefix = Annotated[str, Field(pattern=rf"^[^/*?${CONTROL}][^*?${CONTROL}]*/$", max_length=512)]
Suffix = Annotated[str, Field(pattern=rf"^[^{CONTROL}]*$", max_length=64)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$", min_length=1, max_length=64)]


@dataclass(frozen=True)
class ValidationRule:
    """A check across fields: in CEL for the API server, and for specs that never see one."""

    message: str
    _: KW_ONLY
    cel: str
    holds: Callable[[Any], bool] = lambda _: True  # of the part; changes are the API server's
    field: str = ""  # where the API server's error points to, as a JSON path


class SpecModel(BaseModel):
    """A part of the spec."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        use_attribute_docstrings=True,
    )
    VALIDATION_RULES: ClassVar[tuple[ValidationRule, ...]] = ()

    @model_validator(mode="after")
    def _rules_hold(self) -> Self:
        for rule in self.VALIDATION_RULES:
            if not rule.holds(self):
                raise ValueError(rule.message)
        return self
