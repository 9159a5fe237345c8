"""Model: the base class of all parts of the spec, and its checks across fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, model_validator
from pydantic.alias_generators import to_camel

from dataflowxpress.api.errors import InvalidSpec

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

    if not TYPE_CHECKING:  # for type checkers, the fields are the parameters

        def __init__(self, /, **fields: Any) -> None:
            """Raise InvalidSpec with all mistakes, as for a manifest; see `mistakes`."""
            try:
                super().__init__(**fields)
            except ValidationError as error:
                from .mistakes import mistakes  # imports this module

                found = mistakes(type(self), _as_in_yaml(type(self), fields), type(self).__name__)
                raise InvalidSpec(*found) from error

        # Without this, pydantic calls the method for each part of a document, too.
        __init__.__pydantic_base_init__ = True

    def broken_rules(self) -> Iterator[ValidationRule]:
        """Yield the rules of this part that do not hold."""
        return (rule for rule in self.VALIDATION_RULES if not rule.holds(self))

    @model_validator(mode="after")
    def _rules_hold(self, info: ValidationInfo) -> Self:
        broken = None if info.context == FIELDS_ONLY else next(self.broken_rules(), None)
        if broken:
            raise ValueError(broken.message)
        return self


def _as_in_yaml(model: type[SpecModel], fields: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of *model* under the names that a manifest has."""
    names = {name: str(info.alias) for name, info in model.model_fields.items()}
    return {names.get(name, name): _plain(value) for name, value in fields.items()}


def _plain(value: Any) -> Any:
    match value:
        case SpecModel():
            return value.model_dump(by_alias=True, exclude_unset=True, mode="json")
        case list() | tuple():
            return list(map(_plain, value))
        case dict():
            return {key: _plain(each) for key, each in value.items()}
        case _:
            return value
