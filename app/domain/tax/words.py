"""How the tax on a purchase is described: its name, why it is added or not, and where it can be changed."""

from app.domain.tax.treatment import Category, Reason, Treatment

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
    Reason.NO_ADDRESS: (
        "There is no invoice address yet, so the tax of the seller’s country is added, "
        "and the document will be made out to your name alone."
    ),
    Reason.NUMBER_PENDING: "Tax is added because your number {number} is still being checked.",
    Reason.NUMBER_UNVERIFIED: "Tax is added because your number {number} is not verified.",
    Reason.NUMBER_UNAVAILABLE: (
        "Tax is added because the service that confirms your number {number} has not answered yet."
    ),
    Reason.NUMBER_FOR_SHOPS: "Tax is added: {number} is a number of the One Stop Shop, which does not change it.",
    Reason.NUMBER_FOR_GOODS: "Tax is added: {number} counts for goods alone.",
    Reason.NUMBER_OF_SELLERS_STATE: "Tax is added: {number} is a number of the seller’s own country.",
    Reason.SAME_COUNTRY: "Tax is added because your invoice address is in the seller’s own country.",
}
_NONE = {
    Reason.REVERSE_CHARGE: "Reverse charge: you account for the tax yourself, under your number {number}.",
    Reason.EXEMPT_CERTIFICATE: "You are exempt by your certificate {number}.",
    Reason.EXEMPT_RATE: "This is exempt from tax.",
    Reason.ZERO_RATE: "This is taxed at 0 %.",
    Reason.NO_ADDRESS: (
        "No tax is due on this purchase. There is no invoice address yet: "
        "the document will be made out to your name alone."
    ),
    Reason.TERRITORY: "Your invoice address lies outside the territory of the tax.",
}
AT_USE = "Tax is on the invoice for what you use, not on the credit you buy."
"""Said where credit is taxed when it is used."""
_OTHERWISE = "No tax is due on this purchase."


def title(treatment: Treatment | None) -> str:
    """Return what the tax is called, with its percent: `VAT 19 %`; `Tax` where there is none."""
    if treatment is None or treatment.category is not Category.STANDARD:
        return "Tax"
    return f"{treatment.name} {format(treatment.percent.normalize(), 'f')} %"


def why(treatment: Treatment | None) -> str:
    """Return why tax is added, or why there is none; nothing where the rate of the customer's place simply applies."""
    if treatment is None:
        return AT_USE
    if treatment.category is Category.STANDARD:
        return _ADDED.get(treatment.reason, "").format(number=treatment.buyer_number)
    return _NONE.get(treatment.reason, _OTHERWISE).format(number=treatment.buyer_number)


def where(treatment: Treatment | None) -> str:
    """Return the page on which the customer can change that tax is added, or add an address; nothing where none."""
    added = treatment is not None and treatment.category is Category.STANDARD
    if treatment is None or not (added or treatment.reason is Reason.NO_ADDRESS):
        return ""
    return _WHERE.get(treatment.reason, "")
