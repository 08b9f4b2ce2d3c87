"""How the values of a catalog file are read: amounts, percentages and the shape of a table."""

import re
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, ValidationInfo, WithJsonSchema

from app.domain import catalog_terms as terms
from app.domain.errors import Refused
from app.domain.money import MICROS, Credits, Money
from app.domain.typed_numbers import parse_amount
from app.services.catalog import logos

_AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")
_PERCENT = re.compile(r"[0-9]{1,3}(\.[0-9]{1,2})?")


def _digits(value: object, example: str) -> str:
    if type(value) is int and value >= 0:
        value = str(value)
    if not isinstance(value, str):
        raise ValueError(f'must be an amount in quotes, such as "{example}"')
    if not _AMOUNT.fullmatch(value):
        raise ValueError(f'must be an amount in plain digits, such as "{example}", not "{value}"')
    return value


def _money(value: object, info: ValidationInfo) -> Money:
    try:
        return parse_amount(_digits(value, "25.00"), (info.context or {}).get("currency", "USD"))
    except Refused as refusal:
        raise ValueError(f'cannot be "{value}": {refusal}') from None


def _credits(value: object) -> Credits:
    whole, _, fraction = _digits(value, "0.25").partition(".")
    return Credits(int(whole) * MICROS + int(fraction.ljust(6, "0")))


def _percent(value: object) -> terms.Percent:
    text = str(value) if type(value) is int else value
    if not isinstance(text, str) or not _PERCENT.fullmatch(text):
        raise ValueError('must be a percentage in quotes, such as "19" or "5.5"')
    whole, _, fraction = text.partition(".")
    points = int(whole) * 100 + int(fraction.ljust(2, "0"))
    if points > 10_000:
        raise ValueError("must not be more than 100")
    return terms.Percent(points)


def _logo(value: object) -> str:
    if not isinstance(value, str) or not logos.may_be_kept(value):
        raise ValueError("must be a PNG or JPEG file, which `flask portal apply-catalog` puts into the catalog")
    return value


MoneyText = Annotated[Money, PlainValidator(_money), WithJsonSchema({"title": "money"})]
CreditText = Annotated[Credits, PlainValidator(_credits), WithJsonSchema({"title": "credits"})]
PercentText = Annotated[terms.Percent, PlainValidator(_percent), WithJsonSchema({"title": "percent"})]
Logo = Annotated[str, PlainValidator(_logo), WithJsonSchema({"title": "logo"})]
Words = Annotated[str, Field(min_length=1, max_length=200)]
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
TaxPlace = Annotated[str, Field(pattern=r"^[A-Z]{2}(-[A-Z0-9]{2})?$")]
Days = Annotated[int, Field(ge=1, le=3650)]
Count = Annotated[int, Field(ge=0, le=10**15)]
MethodKind = Literal["card", "paypal", "sepa_debit", "crypto", "bank_transfer"]


class Section(BaseModel):
    """A table of the file, and the value that it becomes."""

    model_config = ConfigDict(extra="forbid", strict=True, arbitrary_types_allowed=True, defer_build=True)
    becomes: ClassVar[type]

    def value(self) -> Any:
        """Return the domain's value of this table."""
        return self.becomes(**{name: _plain(getattr(self, name)) for name in type(self).model_fields})


def _plain(value: object) -> object:
    if isinstance(value, Section):
        return value.value()
    if isinstance(value, list):
        return tuple(_plain(each) for each in value)
    if isinstance(value, dict):
        return tuple((key, _plain(each)) for key, each in value.items())
    return value
