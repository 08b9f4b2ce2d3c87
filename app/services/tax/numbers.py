"""Tax numbers as they are typed: read, and their check digits looked at, by python-stdnum.

What it gets wrong for this purpose is corrected here: dots are refused for Spain alone, GR and EL stay two texts,
nothing but zeros passes, Japan's number of invoices has a T before it, and Mexico's check digit is looked at only when
asked.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from stdnum.au import abn
from stdnum.br import cnpj
from stdnum.ca import bn
from stdnum.ch import uid
from stdnum.eu import vat as eu_vat
from stdnum.exceptions import ValidationError
from stdnum.gb import vat as gb_vat
from stdnum.in_ import gstin
from stdnum.jp import cn
from stdnum.kr import brn
from stdnum.mx import rfc
from stdnum.no import orgnr
from stdnum.nz import ird
from stdnum.us import ein
from stdnum.za import tin

from app.domain.addresses import formats
from app.domain.errors import Refused
from app.domain.language import _
from app.domain.tax.places import MEMBERS, TREATED_AS, country_of, prefix
from app.domain.tax.registrations import Kind

LONGEST = 60
COUNTRIES: Final = {
    Kind.GB_VAT: "GB", Kind.CH_UID: "CH", Kind.NO_VAT: "NO", Kind.US_EIN: "US", Kind.CA_BN: "CA", Kind.AU_ABN: "AU",
    Kind.NZ_GST: "NZ", Kind.IN_GST: "IN", Kind.BR_CNPJ: "BR", Kind.JP_CN: "JP", Kind.MX_RFC: "MX", Kind.KR_BRN: "KR",
    Kind.ZA_VAT: "ZA",
}  # fmt: skip
"""The one country of a kind."""
_CHECKS: Final[dict[Kind, Callable[[str], str]]] = {
    Kind.GB_VAT: lambda text: "GB" + gb_vat.validate(text.removeprefix("GB")),
    Kind.CH_UID: lambda text: uid.validate(re.sub("(MWST|TVA|IVA|TPV|VAT)$", "", text)),
    Kind.NO_VAT: lambda text: orgnr.validate(text.removeprefix("NO").removesuffix("MVA")),
    Kind.US_EIN: ein.validate,
    Kind.CA_BN: bn.validate,
    Kind.AU_ABN: abn.validate,
    Kind.NZ_GST: ird.validate,
    Kind.IN_GST: gstin.validate,
    Kind.BR_CNPJ: cnpj.validate,
    Kind.JP_CN: lambda text: cn.validate(text.removeprefix("T")),
    Kind.MX_RFC: lambda text: rfc.validate(text, validate_check_digits=True),
    Kind.KR_BRN: brn.validate,
    Kind.ZA_VAT: tin.validate,
}
_MARKS = re.compile(r"[\s.\-/·:]+")
_LABELS: Final[dict[Kind, str]] = {
    Kind.EU_VAT: "VATREGNO|VATNUMBER|VATNO|VATID|VAT|USTIDNR|USTID|UID|TVA|BTW|MWST|NIF|CIF",
    Kind.GB_VAT: "VATREGNO|VATNUMBER|VATNO|VATID|VAT",
    Kind.CH_UID: "UID|IDE|IDI|MWST|TVA|IVA|VAT",
    Kind.NO_VAT: "ORGNR|ORG",
    Kind.US_EIN: "EIN|TIN",
    Kind.CA_BN: "BN",
    Kind.AU_ABN: "ABN",
    Kind.NZ_GST: "GSTNO|GST|IRD",
    Kind.IN_GST: "GSTIN|GSTNO|GST",
    Kind.BR_CNPJ: "CNPJ",
    Kind.MX_RFC: "RFC",
    Kind.KR_BRN: "BRN",
    Kind.ZA_VAT: "VATNO|VAT",
}
"""What is commonly typed before a number and is no part of it."""
_LETTERS = re.compile("[A-Z]{2}")


@dataclass(frozen=True)
class Number:
    """A number as it is kept: without marks, with its prefix where its kind has one."""

    kind: Kind
    country: str
    value: str


def _registered_in(country: str) -> str:
    """Return whose numbers are given there: Monaco's companies have French ones, those of the Isle of Man British."""
    code = country.strip().upper()
    return TREATED_AS.get(code, code)


def usual(country: str) -> Kind:
    """Return the kind of number that companies of the country have, as far as Purser knows it."""
    code = _registered_in(country)
    if code == "EU":
        return Kind.EU_OSS_VAT
    known = next((kind for kind, own in COUNTRIES.items() if own == code), None)
    return known or (Kind.EU_VAT if code == "XI" or country_of(code) in MEMBERS else Kind.OTHER)


def read(kind: str, country: str, typed: str) -> Number:
    """Return the number, or refuse what it cannot be. `country` is ISO 3166's code, or XI, EL or EU."""
    if kind not in set(Kind) - {Kind.EXEMPTION}:
        raise Refused(_("Choose what kind of number it is."), "kind_unknown", 422, "type")
    text = unicodedata.normalize("NFKC", typed).strip()
    if not text or len(text) > LONGEST or not text.isprintable():
        words = _("Enter the number, at most {most} characters.", most=LONGEST)
        raise Refused(words, "value_malformed", 422, "value")
    code = _registered_in(country)
    if not _LETTERS.fullmatch(code) or country_of(code) not in formats.countries() | {"EU"}:
        raise Refused(_("Choose the country that gave the number."), "country_unknown", 422, "country")
    wanted = Kind(kind)
    if wanted is Kind.OTHER:
        return Number(wanted, code, text)
    bare = _without_label(wanted, _MARKS.sub("", text.upper()))
    if wanted is Kind.EU_OSS_VAT:
        return Number(wanted, "EU", _checked(eu_vat.validate, f"EU{bare.removeprefix('EU')}"))
    if wanted is Kind.EU_VAT:
        return _european(code, bare)
    if wanted is Kind.GB_VAT and bare.startswith("XI"):
        words = _("This number begins with XI: it is Northern Ireland’s. Choose Northern Ireland as its country.")
        raise Refused(words, "country_mismatch", 422, "country")
    if COUNTRIES[wanted] != code:
        words = _("This kind of number is another country’s. Choose both anew.")
        raise Refused(words, "country_mismatch", 422, "country")
    return Number(wanted, code, _checked(_CHECKS[wanted], bare))


def _without_label(kind: Kind, bare: str) -> str:
    """Return the number without the word before it, as in `ABN 83 914 571 673`, where a number follows."""
    label = re.match(_LABELS.get(kind, "$"), bare)
    return bare[label.end() :] if label and len(bare) > label.end() else bare


def _european(code: str, bare: str) -> Number:
    """Read a VAT number of a member state or of Northern Ireland, with or without its prefix."""
    own = "XI" if country_of(code) == "GB" else prefix(country_of(code))
    if own != "XI" and country_of(own) not in MEMBERS:
        words = _("This country is not in the EU. Choose another kind of number.")
        raise Refused(words, "country_mismatch", 422, "country")
    text = f"EL{bare[2:]}" if bare.startswith("GR") else bare
    if not text.startswith(own):
        other = text[:2]
        if (other == "XI" or country_of(other) in MEMBERS) and eu_vat.is_valid(text):
            words = _("This number begins with {letters}, which is another country. Choose its country.", letters=other)
            raise Refused(words, "country_mismatch", 422, "country")
        text = own + text
    return Number(Kind.EU_VAT, own, _checked(eu_vat.validate, text))


def _checked(check: Callable[[str], str], text: str) -> str:
    try:
        value = check(text)
    except ValidationError:
        value = ""
    if not value or not re.search("[1-9]", value):
        words = _("This cannot be right: look at its length and digits again. If it is, add it as another number.")
        raise Refused(words, "value_malformed", 422, "value")
    return value
