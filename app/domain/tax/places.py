"""Where a customer is, for tax: the country whose tax applies, and whether the Union's VAT does.

A part of a country that is taxed otherwise is recognised by its postal code, or by its region where no full code was
typed, before any number is looked at: a number says nothing of the place.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from app.domain.tax.territories import TERRITORIES, Standing, Territory

_SINCE: Final = {
    "BE": 1958, "DE": 1958, "FR": 1958, "IT": 1958, "LU": 1958, "NL": 1958, "DK": 1973, "IE": 1973, "GB": 1973,
    "GR": 1981, "ES": 1986, "PT": 1986, "AT": 1995, "FI": 1995, "SE": 1995,
}  # fmt: skip
MEMBERS: Final[dict[str, tuple[date, date | None]]] = (
    {code: (date(year, 1, 1), None) for code, year in _SINCE.items()}
    | dict.fromkeys(("CY", "CZ", "EE", "HU", "LV", "LT", "MT", "PL", "SK", "SI"), (date(2004, 5, 1), None))
    | dict.fromkeys(("BG", "RO"), (date(2007, 1, 1), None))
    | {"HR": (date(2013, 7, 1), None), "GB": (date(1973, 1, 1), date(2020, 12, 31))}
)
"""The member states: the first day and the last one of the Union's VAT there."""

_PREFIXES: Final = {"GR": "EL"}
_COUNTRIES: Final = {"EL": "GR", "UK": "GB", "XI": "GB"}
TREATED_AS: Final = {"MC": "FR", "IM": "GB"}
"""Countries that are part of another one's tax: Monaco of France's, the Isle of Man of the United Kingdom's."""
_PREFIX = re.compile(r"^(?:[A-Z]{1,3}-)(?=[0-9])")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a customer is, for tax."""

    country: str
    """The code that rates are looked up by: a country's, or that of a part of it."""
    fallback: str
    """The country whose rate applies where the part has none of its own; empty: none does."""
    state: str
    """The country that the place belongs to, for what is at home; empty outside its tax."""
    in_union: bool
    territory: str = ""
    """The name of the part of the country, where it is taxed otherwise."""

    @property
    def codes(self) -> tuple[str, ...]:
        """Return the codes that a rate of the place may stand under, its own first."""
        return tuple(code for code in (self.country, self.fallback) if code)


def prefix(country: str) -> str:
    """Return the letters that a VAT number of the country begins with: EL for Greece."""
    return _PREFIXES.get(country, country)


def country_of(code: str) -> str:
    """Return the country's ISO code for a number's prefix: GR for EL, GB for XI."""
    return _COUNTRIES.get(code, code)


def is_member(country: str, on: date) -> bool:
    """Whether the Union's VAT applies in the country on that day."""
    if country not in MEMBERS:
        return False
    since, until = MEMBERS[country]
    return since <= on and (until is None or on <= until)


def locate(country: str, postal_code: str, region: str, on: date) -> Place:
    """Return where this is on that day. What is typed may be in any case, with or without spaces and a prefix."""
    code = country_of(country.upper())
    found = territory(code, postal_code, region, on)
    if found is None:
        own = TREATED_AS.get(code, code)
        return Place(own, "", own, is_member(own, on))
    if found.standing is Standing.OUTSIDE:
        return Place(found.code, "", "", in_union=False, territory=found.name)
    return Place(found.code, found.country, found.country, is_member(found.country, on), found.name)


def territory(country: str, postal_code: str, region: str, on: date) -> Territory | None:
    """Return the part of the country that is taxed otherwise and that this is in, if any."""
    code = _PREFIX.sub("", postal_code.strip().upper()).replace(" ", "").replace("-", "")
    named = plain(region)
    here = [each for each in TERRITORIES if each.country == country and each.holds_on(on)]
    by_code = _first(each for each in here if each.postal_codes and re.match(each.postal_codes, code))
    if by_code is not None or _is_full(country, code):
        return by_code
    return _first(each for each in here if named and named in each.regions)


def plain(text: str) -> str:
    """Return a name without accents, case and marks: `aland` for Åland."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(
        re.sub(r"[^a-z0-9]+", " ", "".join(each for each in bare if not unicodedata.combining(each))).split()
    )


def _is_full(country: str, code: str) -> bool:
    """Whether the postal code is a whole one, so that it alone says where this is."""
    if country == "GB":
        return re.fullmatch(r"[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][A-Z]{2}", code) is not None
    length = {"AT": 4, "DK": 4, "PT": 7}.get(country, 5)
    return code.isdigit() and (len(code) == length or (country == "PT" and len(code) == 4))


def _first(found: Iterable[Territory]) -> Territory | None:
    return next(iter(found), None)
