"""What Tax settings says: what a number is, and what is known of it, in words."""

from dataclasses import dataclass

from app import locale
from app.domain.language import _, labelled, marked
from app.domain.tax.places import country_of
from app.domain.tax.registrations import Kind, State
from app.domain.tax.territories import TERRITORIES
from app.models.tax import TaxRegistration

DESCRIPTIONS = {
    Kind.EU_VAT: marked("European VAT number"),
    Kind.EU_OSS_VAT: marked("European One Stop Shop number"),
    Kind.GB_VAT: marked("United Kingdom VAT number"),
    Kind.CH_UID: marked("Swiss company number (UID)"),
    Kind.NO_VAT: marked("Norwegian VAT number"),
    Kind.US_EIN: marked("US employer identification number"),
    Kind.CA_BN: marked("Canadian business number"),
    Kind.AU_ABN: marked("Australian business number"),
    Kind.NZ_GST: marked("New Zealand GST number"),
    Kind.IN_GST: marked("Indian GST number"),
    Kind.BR_CNPJ: marked("Brazilian CNPJ"),
    Kind.JP_CN: marked("Japanese corporate number"),
    Kind.MX_RFC: marked("Mexican RFC"),
    Kind.KR_BRN: marked("Korean business registration number"),
    Kind.ZA_VAT: marked("South African VAT number"),
    Kind.OTHER: marked("Another tax number"),
    Kind.EXEMPTION: marked("Certificate of exemption"),
}
_STATES = {
    State.PENDING: marked("Pending"),
    State.VERIFIED: marked("Verified"),
    State.UNVERIFIED: marked("Unverified"),
    State.UNAVAILABLE: marked("Unavailable"),
}
_WHY = {
    "not_registered": marked(
        "The EU’s VIES service knows no such number. New ones may take days to appear: we ask again."
    ),
    "no_answer": marked("The EU’s VIES service did not answer. We ask again by ourselves."),
    "no_service": marked("Its digits fit. Nobody confirms numbers of this kind."),
    "unknown_form": marked("Kept as you typed it. Nobody confirms numbers of this kind."),
    "waits_for_seller": marked("It waits for the seller, who verifies it. Until then tax is added as before."),
    "refused_by_seller": marked(
        "The seller does not accept this certificate. Ask them why, remove it and send another one."
    ),
    "for_shops": marked("A One Stop Shop number is for selling to consumers. Add your VAT number too."),
}
_PARTS = {each.code: each.name for each in TERRITORIES}
_OTHER_COUNTRIES = {"XI": marked("Northern Ireland"), "EU": marked("European Union (One Stop Shop)")}


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
    if code in _OTHER_COUNTRIES:
        return _(_OTHER_COUNTRIES[code])
    return locale.part(code, _PARTS[code]) if code in _PARTS else locale.country(country_of(code))


def kinds() -> list[tuple[str, str]]:
    """Return what a member may add, and what it is called."""
    return [(kind.value, _(words)) for kind, words in DESCRIPTIONS.items() if kind is not Kind.EXEMPTION]


def row(each: TaxRegistration, files: frozenset[str] = frozenset()) -> Row:
    """Return the number as the page shows it; `files` are the certificates that have a file."""
    state = State(each.state)
    why = _(_WHY[each.why]) if each.why in _WHY else ""
    if state is State.PENDING and each.kind != Kind.EXEMPTION:
        why = _("We are asking the EU’s VIES service. You need not wait.")
    elif state is State.VERIFIED:
        why = each.name or ("" if each.kind == Kind.EXEMPTION else _("The name is not published."))
    kind, status = _(DESCRIPTIONS[Kind(each.kind)]), _(_STATES[state])
    return Row(each.id, _where(each), kind, each.value, state.value, status, why, each, each.id in files)


def places() -> list[tuple[str, str]]:
    """Return where a certificate may apply: countries, and parts of them that are taxed otherwise."""
    parts = {
        each.code: labelled(locale.country(each.country), locale.part(each.code, each.name)) for each in TERRITORIES
    }
    return [*locale.countries(), *(each for each in parts.items() if each[0] not in dict(locale.countries()))]


def added(each: TaxRegistration) -> str:
    """Return the notice after a number was added."""
    if each.kind == Kind.EXEMPTION:
        return _("{number} is sent. It waits for the seller.", number=each.value)
    if each.state == State.PENDING:
        return _("{number} is added. It is being checked.", number=each.value)
    return _("{number} is added.", number=each.value)


def _where(each: TaxRegistration) -> str:
    return ", ".join(country(code) for code in each.territories.split()) or country(each.country)
