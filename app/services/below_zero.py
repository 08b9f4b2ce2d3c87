"""What mails and chats say of a balance that is low or used up: how far it may go below zero, and who pays that."""

from app import locale
from app.domain.amounts import CreditUnit
from app.domain.language import _, marked
from app.domain.money import Credits
from app.domain.numbers import owed_of
from app.models.customers import Customer

_CHARGED = marked("What was used below zero is invoiced at once and charged to your payment method.")


def when_none_is_left(customer: Customer, unit: CreditUnit) -> str:
    """Say what happens once no credit is left."""
    line, agreed, exposure = _parts(customer)
    if not line.micros and customer.invoiced_overage_micros:
        return _used_by_invoices(agreed, exposure, unit)
    if not line.micros:
        return _("When nothing is left, calls that need credit are refused until you add some.")
    if not exposure.micros:
        return _(
            "Your overage protection lets you continue down to {balance}. Usage below zero is billed on your next "
            "invoice.",
            balance=locale.exact(-line, unit),
        )
    owed = locale.exact(exposure + agreed, unit)
    if agreed.micros:
        return _(
            "Without credit you are served until you owe {owed} before tax. What you owe is invoiced when the billing "
            "period ends, or at once when {amount} is reached, and charged to your payment method.",
            owed=owed,
            amount=locale.exact(exposure, unit),
        )
    return _(
        "Without credit you are served until you owe {owed} before tax. What you owe is invoiced when the billing "
        "period ends, or at once when that is reached, and charged to your payment method.",
        owed=owed,
    )


def none_is_left(customer: Customer, remaining: Credits, unit: CreditUnit) -> str:
    """Say what happens now that so much remains, which is nothing or less."""
    line, agreed, exposure = _parts(customer)
    owed, invoiced = owed_of(remaining, line), Credits(customer.invoiced_overage_micros)
    if owed.micros:
        first = _(
            "Calls that need credit are refused until the balance is above {balance}. The next {amount} you add cover "
            "what is owed first.",
            balance=locale.exact(-line, unit),
            amount=locale.amount(owed, unit),
        )
        charged = _(_CHARGED)
        return f"{first} {charged}" if exposure.micros else first
    if remaining > -line:
        return when_none_is_left(customer, unit)
    until_added = _("Calls that need credit are refused until you add some.")
    if not (line.micros or invoiced.micros):
        return until_added
    if invoiced.micros:
        refused = _("Calls that need credit are refused until they are paid or you add some.")
        return f"{_used_up_by_invoices(agreed, exposure, invoiced, unit)} {refused}"
    used = _used_up(agreed, exposure, unit)
    if exposure.micros:
        refused = _("Calls that need credit are refused until that is paid or you add some.")
        return " ".join((used, _(_CHARGED), refused))
    return f"{used} {until_added}"


def _parts(customer: Customer) -> tuple[Credits, Credits, Credits]:
    """Return how far the balance may go below zero now, the overage protection that was agreed, and the exposure."""
    line, exposure = customer.overage_protection_micros, customer.exposure_micros
    return Credits(line), Credits(line + customer.invoiced_overage_micros - exposure), Credits(exposure)


def _used_by_invoices(agreed: Credits, exposure: Credits, unit: CreditUnit) -> str:
    """Say what lets the balance go below zero, all of which unpaid invoices use."""
    values = {"later": locale.exact(exposure, unit), "agreed": locale.exact(agreed, unit)}
    if not exposure.micros:
        return _(
            "Unpaid invoices use the overage protection of {agreed}: when no credit is left, calls that need it are "
            "refused until they are paid or you add some.",
            **values,
        )
    if not agreed.micros:
        return _(
            "Unpaid invoices use what you may pay later (up to {later}): when no credit is left, calls that need it "
            "are refused until they are paid or you add some.",
            **values,
        )
    return _(
        "Unpaid invoices use what you may pay later (up to {later}) and the overage protection of {agreed}: when no "
        "credit is left, calls that need it are refused until they are paid or you add some.",
        **values,
    )


def _used_up(agreed: Credits, exposure: Credits, unit: CreditUnit) -> str:
    values = {"later": locale.exact(exposure, unit), "agreed": locale.exact(agreed, unit)}
    if not exposure.micros:
        return _("The overage protection of {agreed} is used up.", **values)
    if not agreed.micros:
        return _("What you may pay later (up to {later}) is used up.", **values)
    return _("What you may pay later (up to {later}) and the overage protection of {agreed} are used up.", **values)


def _used_up_by_invoices(agreed: Credits, exposure: Credits, invoiced: Credits, unit: CreditUnit) -> str:
    values = {"later": locale.exact(exposure, unit), "agreed": locale.exact(agreed, unit)}
    values |= {"invoiced": locale.exact(invoiced, unit)}
    if not exposure.micros:
        return _("The overage protection of {agreed} is used up: unpaid invoices use {invoiced} of it.", **values)
    if not agreed.micros:
        return _("What you may pay later (up to {later}) is used up: unpaid invoices use {invoiced} of it.", **values)
    return _(
        "What you may pay later (up to {later}) and the overage protection of {agreed} are used up: unpaid invoices "
        "use {invoiced} of it.",
        **values,
    )
