"""Model: the base class of all parts of the spec, and its checks across fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationInfo, model_validator
from pydantic.alias_generators import to_camel

FIELDS_ONLY = "fields only"  # a validation context: leave the validation rules out


@dataclass(frozen=True)
class ValidationRule:
    """A check across fields: in CEL for the API server, and in Python for a manifest."""

    message: str
    _: KW_ONLY
    cel: str
    holds: Callable[[Any], bool] = lambda _: True  # of the part; only the API server sees changes
    field: str = ""  # a JSON path within the part, to which an error points


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

    def broken_rules(self) -> Iterator[ValidationRule]:
        """Yield the rules of this part that do not hold."""
        return (rule for rule in self.VALIDATION_RULES if not rule.holds(self))

    @model_validator(mode="after")
    def _rules_hold(self, info: ValidationInfo) -> Self:
        broken = None if info.context == FIELDS_ONLY else next(self.broken_rules(), None)
        if broken:
            raise ValueError(broken.message)
        return self
