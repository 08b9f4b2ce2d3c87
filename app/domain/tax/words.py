"""How the tax on a purchase is described: its name, why it is added or not, and where it can be changed."""

import re
from collections.abc import Callable
from decimal import Decimal

from app.domain.language import _, marked, percent, pgettext
from app.domain.money import Money
from app.domain.tax.places import MEMBERS, country_of
from app.domain.tax.treatment import Category, Reason, Treatment

_UNIONS = re.compile(r"([A-Z]{2})[0-9A-Z+*]{8,12}")
"""The form of the Union's VAT numbers: letters of a member state, and then what that state gives."""
TAX_SETTINGS, INVOICE_ADDRESS = "tax_settings", "invoice_address"
_WHERE = {
    Reason.NO_ADDRESS: INVOICE_ADDRESS,
    Reason.NUMBER_PENDING: TAX_SETTINGS,
    Reason.NUMBER_UNVERIFIED: TAX_SETTINGS,
    Reason.NUMBER_UNAVAILABLE: TAX_SETTINGS,
    Reason.NUMBER_FOR_SHOPS: TAX_SETTINGS,
    Reason.NUMBER_FOR_GOODS: TAX_SETTINGS,
    Reason.NUMBER_OF_SELLERS_STATE: TAX_SETTINGS,
    Reason.SAME_COUNTRY: INVOICE_ADDRESS,
}
_ADDED = {
    Reason.NO_ADDRESS: marked(
        "There is no invoice address yet, so the tax of the seller’s country is added, "
        "and the document will be made out to your name alone."
    ),
    Reason.NUMBER_PENDING: marked("Tax is added because your number {number} is still being checked."),
    Reason.NUMBER_UNVERIFIED: marked("Tax is added because your number {number} is not verified."),
    Reason.NUMBER_UNAVAILABLE: marked(
        "Tax is added because the service that confirms your number {number} has not answered yet."
    ),
    Reason.NUMBER_FOR_SHOPS: marked(
        "Tax is added: {number} is a number of the One Stop Shop, which does not change it."
    ),
    Reason.NUMBER_FOR_GOODS: marked("Tax is added: {number} counts for goods alone."),
    Reason.NUMBER_OF_SELLERS_STATE: marked("Tax is added: {number} is a number of the seller’s own country."),
    Reason.SAME_COUNTRY: marked("Tax is added because your invoice address is in the seller’s own country."),
}
_NONE = {
    Reason.REVERSE_CHARGE: marked("Reverse charge: you account for the tax yourself, under your number {number}."),
    Reason.EXEMPT_CERTIFICATE: marked("You are exempt by your certificate {number}."),
    Reason.EXEMPT_RATE: marked("This is exempt from tax."),
    Reason.ZERO_RATE: marked("This is taxed at 0 %."),
    Reason.NO_ADDRESS: marked(
        "No tax is due on this purchase. There is no invoice address yet: "
        "the document will be made out to your name alone."
    ),
    Reason.TERRITORY: marked("Your invoice address lies outside the territory of the tax."),
}
AT_USE = marked("Tax is on the invoice for what you use, not on the credit you buy.")
"""Said where credit is taxed when it is used."""
_OTHERWISE = marked("No tax is due on this purchase.")


def _plain(percent: Decimal) -> str:
    return format(percent.normalize(), "f")


def title(treatment: Treatment | None, number: Callable[[Decimal], str] = _plain) -> str:
    """Return what the tax is called, with its percent as `number` writes it: `VAT 19 %`; `Tax` where there is none."""
    if treatment is None or treatment.category is not Category.STANDARD:
        return _("Tax")
    return f"{named(treatment.name)} {percent(number(treatment.percent))}"


def named(name: str) -> str:
    """Return what a tax is called: VAT as the language calls it, any other as the seller does."""
    return pgettext("tax", "VAT") if name == "VAT" else name


def why(treatment: Treatment | None) -> str:
    """Return why tax is added, or why there is none; nothing where the rate of the customer's place simply applies."""
    if treatment is None:
        return _(AT_USE)
    if treatment.category is Category.STANDARD:
        words = _ADDED.get(treatment.reason, "")
        return _(words, number=treatment.buyer_number) if words else ""
    return _(_NONE.get(treatment.reason, _OTHERWISE), number=treatment.buyer_number)


def amount_with_tax(
    treatment: Treatment | None, tax: Money, amount: str, number: Callable[[Decimal], str] = _plain
) -> str:
    """Return the amount, and which tax is in it where there is any: `$119.00 with VAT 19 %`."""
    if treatment is None or not tax.amount_minor:
        return amount
    return _("{amount} with {tax}", amount=amount, tax=title(treatment, number))


def where(treatment: Treatment | None) -> str:
    """Return the page on which the customer can change that tax is added, or add an address; nothing where none."""
    added = treatment is not None and treatment.category is Category.STANDARD
    if treatment is None or not (added or treatment.reason is Reason.NO_ADDRESS):
        return ""
    return _WHERE.get(treatment.reason, "")


def tax_id(number: str) -> str:
    """Return a tax number with what it is called: one for the Union's VAT has a name of its own in some languages."""
    found = _UNIONS.fullmatch(re.sub(r"[\s.\-]", "", number))
    if found and country_of(found[1]) in MEMBERS and country_of(found[1]) != "GB":
        return pgettext("Of the EU, for VAT", "Tax ID {number}", number=number)
    return _("Tax ID {number}", number=number)
