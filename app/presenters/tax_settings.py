"""What Tax settings says: what a number is, and what is known of it, in words."""

from dataclasses import dataclass

from app import locale
from app.domain.tax.places import country_of
from app.domain.tax.registrations import Kind, State
from app.domain.tax.territories import TERRITORIES
from app.models.tax import TaxRegistration

DESCRIPTIONS = {
    Kind.EU_VAT: "European VAT number",
    Kind.EU_OSS_VAT: "European One Stop Shop number",
    Kind.GB_VAT: "United Kingdom VAT number",
    Kind.CH_UID: "Swiss company number (UID)",
    Kind.NO_VAT: "Norwegian VAT number",
    Kind.US_EIN: "US employer identification number",
    Kind.CA_BN: "Canadian business number",
    Kind.AU_ABN: "Australian business number",
    Kind.NZ_GST: "New Zealand GST number",
    Kind.IN_GST: "Indian GST number",
    Kind.BR_CNPJ: "Brazilian CNPJ",
    Kind.JP_CN: "Japanese corporate number",
    Kind.MX_RFC: "Mexican RFC",
    Kind.KR_BRN: "Korean business registration number",
    Kind.ZA_VAT: "South African VAT number",
    Kind.OTHER: "Another tax number",
    Kind.EXEMPTION: "Certificate of exemption",
}
KINDS = [(kind.value, words) for kind, words in DESCRIPTIONS.items() if kind is not Kind.EXEMPTION]
"""What a member may add, and what it is called."""
_STATES = {
    State.PENDING: "Pending",
    State.VERIFIED: "Verified",
    State.UNVERIFIED: "Unverified",
    State.UNAVAILABLE: "Unavailable",
}
_WHY = {
    "not_registered": "The EU’s VIES service knows no such number. New ones may take days to appear: we ask again.",
    "no_answer": "The EU’s VIES service did not answer. We ask again by ourselves.",
    "no_service": "Its digits fit. Nobody confirms numbers of this kind.",
    "unknown_form": "Kept as you typed it. Nobody confirms numbers of this kind.",
    "waits_for_seller": "It waits for the seller, who verifies it. Until then tax is added as before.",
    "refused_by_seller": "The seller does not accept this certificate. Ask them why, remove it and send another one.",
    "for_shops": "A One Stop Shop number is for selling to consumers. Add your VAT number too.",
}
_OTHER_COUNTRIES = {each.code: each.name for each in TERRITORIES} | {
    "XI": "Northern Ireland",
    "EU": "European Union (One Stop Shop)",
}


@dataclass(frozen=True)
class Row:
    """A number as the page shows it."""

    id: str
    country: str
    description: str
    value: str
    state: str
    """`pending`, `verified`, `unverified` or `unavailable`."""
    status: str
    why: str
    """The reason in words; of a verified one, whose it is."""
    registration: TaxRegistration
    has_file: bool = False

    @property
    def waits(self) -> bool:
        """Whether it is being asked about. A seller takes days: nobody waits on the page."""
        return self.state == State.PENDING and self.registration.kind != Kind.EXEMPTION


def country(code: str) -> str:
    """Return what the country of a number is called."""
    return _OTHER_COUNTRIES.get(code) or locale.country(country_of(code))


def row(each: TaxRegistration, files: frozenset[str] = frozenset()) -> Row:
    """Return the number as the page shows it; `files` are the certificates that have a file."""
    state = State(each.state)
    why = _WHY.get(each.why, "")
    if state is State.PENDING and each.kind != Kind.EXEMPTION:
        why = "We are asking the EU’s VIES service. You need not wait."
    elif state is State.VERIFIED:
        why = each.name or ("" if each.kind == Kind.EXEMPTION else "The name is not published.")
    kind, status = DESCRIPTIONS[Kind(each.kind)], _STATES[state]
    return Row(each.id, _where(each), kind, each.value, state.value, status, why, each, each.id in files)


def places() -> list[tuple[str, str]]:
    """Return where a certificate may apply: countries, and parts of them that are taxed otherwise."""
    parts = {each.code: f"{locale.country(each.country)}: {each.name}" for each in TERRITORIES}
    return [*locale.countries(), *(each for each in parts.items() if each[0] not in dict(locale.countries()))]


def added(each: TaxRegistration) -> str:
    """Return the notice after a number was added."""
    if each.kind == Kind.EXEMPTION:
        return f"{each.value} is sent. It waits for the seller."
    return f"{each.value} is added. It is being checked." if each.state == State.PENDING else f"{each.value} is added."


def _where(each: TaxRegistration) -> str:
    return ", ".join(country(code) for code in each.territories.split()) or country(each.country)
