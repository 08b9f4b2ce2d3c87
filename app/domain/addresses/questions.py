"""What is said of an address before it is kept: an empty required field refuses it, the rest is only asked about."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.domain.addresses import formats
from app.domain.addresses.address import NAMES, Address
from app.domain.addresses.formats import Format
from app.domain.errors import Refused
from app.domain.language import ENGLISH, _, current

LONGEST: Mapping[str, int] = {
    "company": 200, "line1": 200, "line2": 200, "city": 100, "postal_code": 20, "region": 100, "country": 2,
}  # fmt: skip


ASKED = "address_asked"
"""The reason of a refusal that whoever says yes passes."""
LONGEST_PO_NUMBER = LONGEST_REFERENCE = 100
_JOINERS = "\u200c\u200d"
"""Of the characters that nobody sees, those that spell words."""


@dataclass(frozen=True, slots=True)
class Question:
    """A field whose value looks wrong for its country, and what to ask about it. Who says yes is believed."""

    field: str
    sentence: str


class Unfit(Refused):
    """The address cannot be kept, or is asked about first: `refusals` and `questions` say each of the reasons."""

    def __init__(self, refusals: list[Refused], questions: list[Question]) -> None:
        first = refusals[0] if refusals else Refused(questions[0].sentence, ASKED, 422, questions[0].field)
        super().__init__(first.sentence, first.reason, 422, first.field)
        self.refusals, self.questions = refusals, questions


def read(typed: Mapping[str, str]) -> Address:
    """Return the address that was typed: its country in upper case, and without what was pasted unseen."""
    values = {name: plain(typed.get(name) or "") for name in NAMES}
    return Address(**values | {"country": values["country"].upper()})


def plain(text: str) -> str:
    """Return the text in one line, without marks that nobody sees."""
    seen = "".join(each for each in text if each in _JOINERS or unicodedata.category(each) != "Cf")
    return " ".join(seen.split())


def refusals(address: Address) -> list[Refused]:
    """Return why the address cannot be kept: what is empty and required, and what no column or paper can hold."""
    known = formats.of(address.country)
    found = []
    for name in NAMES:
        value, label = str(getattr(address, name)), known.label(name)
        if not value and name in known.required:
            words = _("Choose the country.") if name == "country" else _("{field} is missing. Enter it.", field=label)
            found.append(Refused(words, "field_missing", 422, name))
        elif len(value) > LONGEST[name] and name != "country":
            words = _("{field} is longer than {most} characters. Shorten it.", field=label, most=LONGEST[name])
            found.append(Refused(words, "field_too_long", 422, name))
        elif not value.translate(dict.fromkeys(map(ord, _JOINERS))).isprintable():
            words = _("{field} has an invisible character. Enter it without.", field=label)
            found.append(Refused(words, "field_unprintable", 422, name))
    if address.country and address.country not in formats.countries():
        words = _("Choose the country: a code of two letters such as DE, by ISO 3166.")
        found.append(Refused(words, "country_unknown", 422, "country"))
    return found


def po_refusals(number: str, *, is_required: bool, seller: str) -> list[Refused]:
    """Return why the purchase order number cannot be kept."""
    if is_required and not number:
        words = _("{seller} needs your purchase order number on each invoice. Enter it.", seller=seller)
        return [Refused(words, "po_number_missing", 422, "po_number")]
    if len(number) > LONGEST_PO_NUMBER:
        words = _("The purchase order number is longer than {most} characters. Shorten it.", most=LONGEST_PO_NUMBER)
        return [Refused(words, "po_number_too_long", 422, "po_number")]
    if not number.isprintable():
        words = _("The purchase order number has an invisible character. Enter it without.")
        return [Refused(words, "po_number_unprintable", 422, "po_number")]
    return []


def reference_refusals(reference: str) -> list[Refused]:
    """Return why the buyer reference cannot be kept."""
    if len(reference) > LONGEST_REFERENCE:
        words = _("The buyer reference is longer than {most} characters. Shorten it.", most=LONGEST_REFERENCE)
        return [Refused(words, "buyer_reference_too_long", 422, "buyer_reference")]
    if not reference.isprintable():
        words = _("The buyer reference has an invisible character. Enter it without.")
        return [Refused(words, "buyer_reference_unprintable", 422, "buyer_reference")]
    return []


def questions(address: Address) -> list[Question]:
    """Return what looks wrong for the country. It may be right all the same: no list of the world's addresses is."""
    known = formats.of(address.country)
    return list(_asked(address, known))


def _asked(address: Address, known: Format) -> Iterator[Question]:
    region = known.region(address.region) if address.region else None
    if address.region and known.regions and region is None:
        said = _(
            "“{value}” is not a {field} that we know in this country. Is it right?",
            value=address.region,
            field=_within(known.label("region")),
        )
        yield Question("region", said)
    code, label = _code(address.postal_code, known), known.label("postal_code")
    if code is None:
        said = _(
            "“{value}” does not look like a {field} of this country. Is it right?",
            value=address.postal_code,
            field=_within(label),
        )
        if known.example:
            said = _(
                "“{value}” does not look like a {field} of this country, such as {example}. Is it right?",
                value=address.postal_code,
                field=_within(label),
                example=known.example,
            )
        yield Question("postal_code", said)
    elif region is not None and code and region.postal_begins and not re.match(region.postal_begins, code):
        said = _(
            "{field} {value} does not seem to be in {region}. Is it right?",
            field=label,
            value=address.postal_code,
            region=region.name,
        )
        yield Question("postal_code", said)


def _within(label: str) -> str:
    """Return what a field is called inside a sentence: English writes it small, the other languages as on the form."""
    return label if current() != ENGLISH or label.split(maxsplit=1)[0].isupper() else label.lower()


def _code(typed: str, known: Format) -> str | None:
    """Return the postal code as the pattern has it, with or without what stands before it; None: it fits in no way."""
    if not typed or not known.postal_code:
        return ""
    upper, prefix = typed.upper(), known.postal_code_prefix
    bare = upper.removeprefix(prefix or known.country).lstrip(" -")
    for each in (upper, bare, f"{known.country}-{bare}"):
        if re.fullmatch(known.postal_code, each, re.ASCII):
            return each
    return None
