"""What mails and chats say of a balance that is low or used up: how far it may go below zero, and who pays that."""

from app import locale
from app.domain.amounts import CreditUnit
from app.domain.money import Credits
from app.domain.numbers import owed_of
from app.models.customers import Customer

_REFUSED = "Calls that need credit are refused until"
_CHARGED = "What was used below zero is invoiced at once and charged to your payment method."


def when_none_is_left(customer: Customer, unit: CreditUnit) -> str:
    """Say what happens once no credit is left."""
    line, agreed, exposure = _parts(customer)
    if not line.micros and customer.invoiced_overage_micros:
        used = f"Unpaid invoices use {_named(agreed, exposure, unit)}"
        return f"{used}: when no credit is left, calls that need it are refused until they are paid or you add some."
    if not line.micros:
        return "When nothing is left, calls that need credit are refused until you add some."
    if not exposure.micros:
        down = f"Your overage protection lets you continue down to {locale.exact(-line, unit)}."
        return f"{down} Usage below zero is billed on your next invoice."
    reached = f"{locale.exact(exposure, unit)} is" if agreed.micros else "that is"
    return (
        f"Without credit you are served until you owe {locale.exact(exposure + agreed, unit)} before tax. What you "
        f"owe is invoiced when the billing period ends, or at once when {reached} reached, and charged to your payment "
        "method."
    )


def none_is_left(customer: Customer, remaining: Credits, unit: CreditUnit) -> str:
    """Say what happens now that so much remains, which is nothing or less."""
    line, agreed, exposure = _parts(customer)
    owed, invoiced = owed_of(remaining, line), Credits(customer.invoiced_overage_micros)
    if owed.micros:
        first = f"{_REFUSED} the balance is above {locale.exact(-line, unit)}."
        more = f"The next {locale.amount(owed, unit)} you add cover what is owed first."
        return f"{first} {more} {_CHARGED}" if exposure.micros else f"{first} {more}"
    if remaining > -line:
        return when_none_is_left(customer, unit)
    if not (line.micros or invoiced.micros):
        return f"{_REFUSED} you add some."
    what = _named(agreed, exposure, unit)
    used = f"{what[0].upper()}{what[1:]} {'are' if exposure.micros and agreed.micros else 'is'} used up"
    if invoiced.micros:
        of_it = f"unpaid invoices use {locale.exact(invoiced, unit)} of it"
        return f"{used}: {of_it}. {_REFUSED} they are paid or you add some."
    if exposure.micros:
        return f"{used}. {_CHARGED} {_REFUSED} that is paid or you add some."
    return f"{used}. {_REFUSED} you add some."


def _parts(customer: Customer) -> tuple[Credits, Credits, Credits]:
    """Return how far the balance may go below zero now, the overage protection that was agreed, and the exposure."""
    line, exposure = customer.overage_protection_micros, customer.exposure_micros
    return Credits(line), Credits(line + customer.invoiced_overage_micros - exposure), Credits(exposure)


def _named(agreed: Credits, exposure: Credits, unit: CreditUnit) -> str:
    """Return what lets the balance go below zero, with how far."""
    later = f"what you may pay later (up to {locale.exact(exposure, unit)})"
    protection = f"the overage protection of {locale.exact(agreed, unit)}"
    if not exposure.micros:
        return protection
    return f"{later} and {protection}" if agreed.micros else later
