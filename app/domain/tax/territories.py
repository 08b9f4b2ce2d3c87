"""Parts of countries that are taxed otherwise than the rest, dated, for services supplied by electronic means.

Council Directive 2006/112/EC, articles 5 to 7, as amended; what is a country of its own in ISO 3166 stands here too,
because addresses name the country that it belongs to. Names of regions are written as `places.plain` writes them.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from app.domain.language import marked


class Standing(StrEnum):
    """How a part is taxed."""

    OUTSIDE = "outside"
    """The country's tax does not apply; the catalog may name a rate for the part's own code."""
    OWN_RATE = "own_rate"
    """The country's tax applies, at a rate of its own where the catalog names one."""


@dataclass(frozen=True, slots=True)
class Territory:
    """A part of a country, and how it is recognised."""

    code: str
    """What rates in a catalog and certificates name it by: ISO 3166's code where there is one."""
    country: str
    name: str
    """In English. Those with a code of ISO 3166 are named in other languages by CLDR."""
    postal_codes: str
    """A pattern of how its postal codes begin, in capitals without spaces and hyphens; empty: not by code."""
    standing: Standing = Standing.OUTSIDE
    regions: tuple[str, ...] = ()
    since: date = date.min
    until: date | None = None
    """The last day."""

    def holds_on(self, on: date) -> bool:
        """Whether the part is taxed otherwise on that day."""
        return self.since <= on and (self.until is None or on <= self.until)


_CANARIES = (
    "canarias",
    "canary islands",
    "islas canarias",
    "las palmas",
    "santa cruz de tenerife",
    "es gc",
    "es tf",
    "gc",
    "tf",
    "es cn",
)

# The first that fits is taken: narrower codes stand before wider ones.
TERRITORIES: Final = (
    Territory("IC", "ES", "Canary Islands", r"(35|38)\d{3}$", regions=_CANARIES),
    Territory("EA", "ES", "Ceuta", r"51\d{3}$", regions=("ceuta", "es ce", "ce")),
    Territory("EA", "ES", "Melilla", r"52\d{3}$", regions=("melilla", "es ml", "ml")),
    Territory("AX", "FI", "Åland", r"22\d{3}$", regions=("aland", "ahvenanmaa", "ahvenanmaan maakunta", "fi 01")),
    Territory("DE-BU", "DE", marked("Büsingen"), r"78266$", regions=("busingen", "busingen am hochrhein")),
    Territory("DE-HE", "DE", marked("Helgoland"), r"27498$", regions=("helgoland", "heligoland")),
    Territory("IT-LI", "IT", marked("Livigno"), r"23041$", regions=("livigno",)),
    Territory("IT-CI", "IT", marked("Campione d'Italia"), r"22061$", regions=("campione d italia",)),
    Territory("SM", "IT", "San Marino", r"4789\d$", regions=("san marino", "rsm", "sm")),
    Territory("VA", "IT", "Vatican City", r"00120$", regions=("vatican city", "citta del vaticano", "scv")),
    Territory("GR-69", "GR", marked("Mount Athos"), r"6308[67]$", regions=("mount athos", "agio oros", "gr 69")),
    Territory("BL", "FR", "Saint-Barthélemy", r"(97133|977\d\d)$", regions=("saint barthelemy",)),
    Territory("MF", "FR", "Saint-Martin", r"(97150|978\d\d)$", regions=("saint martin",)),
    Territory("GP", "FR", "Guadeloupe", r"971\d\d$", regions=("guadeloupe",)),
    Territory("MQ", "FR", "Martinique", r"972\d\d$", regions=("martinique",)),
    Territory("GF", "FR", "French Guiana", r"973\d\d$", regions=("guyane", "french guiana", "guyane francaise")),
    Territory("RE", "FR", "Réunion", r"974\d\d$", regions=("reunion", "la reunion")),
    Territory("PM", "FR", "Saint-Pierre-et-Miquelon", r"975\d\d$", regions=("saint pierre et miquelon",)),
    Territory("YT", "FR", "Mayotte", r"976\d\d$", regions=("mayotte",)),
    Territory("TF", "FR", "French Southern Territories", r"984\d\d$"),
    Territory("WF", "FR", "Wallis and Futuna", r"986\d\d$", regions=("wallis et futuna",)),
    Territory("PF", "FR", "French Polynesia", r"987\d\d$", regions=("polynesie francaise", "french polynesia")),
    Territory("NC", "FR", "New Caledonia", r"988\d\d$", regions=("nouvelle caledonie", "new caledonia")),
    Territory("GL", "DK", "Greenland", r"39\d\d$", regions=("greenland", "gronland", "kalaallit nunaat")),
    Territory("FO", "DK", "Faroe Islands", r"\d{3}$", regions=("faroe islands", "faeroerne", "foroyar")),
    Territory("JE", "GB", "Jersey", r"JE\d", regions=("jersey",)),
    Territory("GG", "GB", "Guernsey", r"GY\d", regions=("guernsey", "alderney", "sark")),
    Territory("GI", "GB", "Gibraltar", r"GX11", regions=("gibraltar",)),
    Territory("PT-20", "PT", marked("Azores"), r"9[5-9]\d\d", Standing.OWN_RATE, ("azores", "acores", "pt 20")),
    Territory("PT-30", "PT", marked("Madeira"), r"9[0-4]\d\d", Standing.OWN_RATE, ("madeira", "pt 30")),
    Territory("AT-JM", "AT", marked("Jungholz and Mittelberg"), r"(6691|699[123])$", Standing.OWN_RATE, ("jungholz",)),
)  # fmt: skip
