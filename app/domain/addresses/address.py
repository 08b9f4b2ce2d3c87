"""An invoice address as somebody typed it. It is kept and printed as it is, whatever anybody thinks of it."""

import re
from dataclasses import asdict, dataclass, fields

from app.domain.addresses import formats
from app.domain.addresses.formats import FIELDS

UNSPACED = frozenset({"CN", "HK", "JP", "MO", "TW"})
"""Where region and city are written without anything between them."""
_PARTS = re.compile(r"%([A-Z])|([^%]+)")
_LETTERS = re.compile(r"[^\W\d_]+-?")


@dataclass(frozen=True, slots=True)
class Address:
    """An invoice address as it was typed; empty text where a field is not used."""

    company: str = ""
    line1: str = ""
    line2: str = ""
    city: str = ""
    postal_code: str = ""
    region: str = ""
    country: str = ""
    """ISO 3166-1 alpha-2, upper case; empty: none yet."""

    def lines(self) -> tuple[str, ...]:
        """Return what is printed, in the country's order, company first. The country's name follows, by `app.locale`.

        No filled field is left out, also where the country's format has no place for it.
        """
        known = formats.of(self.country)
        typed = f"{self.line1}{self.line2}{self.city}{self.region}"
        latin = formats.is_latin(typed)
        order = _with_room(known.latin_order if latin else known.order, self, latin=latin)
        lines = [self._line(each) for each in order.split("%n")]
        return tuple(each for each in (self.company, *(part for line in lines for part in line)) if each)

    def kept(self) -> dict[str, str]:
        """Return the fields, for the audit trail and for machines."""
        return {name: str(value) for name, value in asdict(self).items()}

    def _line(self, order: str) -> list[str]:
        """Return one line of the format, or two where the second line of the street has one of its own."""
        if order.strip() == "%A":
            return [self.line1, self.line2]
        street = ", ".join(each for each in (self.line1, self.line2) if each)
        said, between = "", ""
        for letter, literal in _PARTS.findall(order):
            if literal:
                between = _LETTERS.sub("", literal).replace("〒", "")
                continue
            value = street if letter == "A" else str(getattr(self, FIELDS[letter])) if letter in FIELDS else ""
            if value:
                said += (between if said else "") + value
        return [" ".join(said.split())]


NAMES = tuple(each.name for each in fields(Address))


def _with_room(order: str, address: Address, *, latin: bool) -> str:
    """Return the order with a place for what is filled and has none: the city beside its region, the rest last.

    A city that is called as its region, such as Dubai, is printed once where the country's format names no city.
    """
    is_twice = bool(address.city) and "%S" in order and formats.folded(address.city) == formats.folded(address.region)
    if address.city and "%C" not in order and not is_twice:
        if "%S" in order:
            order = order.replace("%S", "%S%C" if not latin and address.country in UNSPACED else "%C, %S", 1)
        elif "%Z" in order:
            order = order.replace("%Z", "%C %Z", 1)
        else:
            order += "%n%C"
    for letter, name in FIELDS.items():
        if getattr(address, name) and f"%{letter}" not in order and not (is_twice and letter == "C"):
            order += f"%n%{letter}"
    return order
