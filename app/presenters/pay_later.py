"""How it is said that a balance may go below zero: by overage protection, or because what is used is paid later."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from app import locale
from app.domain.amounts import CreditUnit
from app.domain.dunning.arrears import NotLent, PayLater, WhyNot
from app.domain.language import _, followed, marked
from app.domain.money import Credits
from app.domain.numbers import Debt, Numbers, owed
from app.domain.status_line import InvoiceFact


@dataclass(frozen=True)
class NotLentWords:
    """Why a customer cannot pay later now, and the way out."""

    fact: str
    link: str
    endpoint: str
    values: Mapping[str, str] = field(default_factory=dict)


CHARGED = marked("Your payment method is charged with the next invoice.")


def agreed(numbers: Numbers) -> Credits:
    """Return the overage protection alone, whatever of it invoices use."""
    return numbers.overage_protection + numbers.invoiced_overage - numbers.exposure


def _named(numbers: Numbers, later: str, protection: str, both: str) -> str:
    """Return the words for what the customer has: it pays later, has overage protection, or both."""
    if not numbers.exposure.micros:
        return protection
    return both if agreed(numbers).micros > 0 else later


def some(numbers: Numbers, amount: str) -> str:
    """Return so much of it: `12.00 that you may pay later`."""
    return _named(
        numbers,
        _("{amount} that you may pay later", amount=amount),
        _("{amount} of overage protection", amount=amount),
        _("{amount} of what you pay later and overage protection", amount=amount),
    )


def lasts(numbers: Numbers, time: str) -> str:
    """Say how long it lasts once no credit is left. No full stop at the end."""
    return _named(
        numbers,
        _("What you pay later lasts {time} at the last days’ pace", time=time),
        _("The overage protection lasts {time} at the last days’ pace", time=time),
        _("What you pay later and the overage protection last {time} at the last days’ pace", time=time),
    )


def lasts_recharged(numbers: Numbers, time: str) -> str:
    """Say how long it lasts with what auto-recharge buys. No full stop at the end."""
    return _named(
        numbers,
        _("With auto-recharge, what you pay later lasts {time} at the last days’ pace", time=time),
        _("With auto-recharge, the overage protection lasts {time} at the last days’ pace", time=time),
        _(
            "With auto-recharge, what you pay later and the overage protection last {time} at the last days’ pace",
            time=time,
        ),
    )


def within(numbers: Numbers) -> str:
    """Return within what it is that a balance is below zero."""
    return _named(
        numbers,
        _("what you may pay later"),
        _("your overage protection"),
        _("what you may pay later and your overage protection"),
    )


def counted_in(numbers: Numbers) -> str:
    """Return what a time counts in that lasts beyond the credit: `with your overage protection`."""
    return _named(
        numbers,
        _("with what you may pay later"),
        _("with your overage protection"),
        _("with what you may pay later and your overage protection"),
    )


def beside(numbers: Numbers) -> str:
    """Return what stands beside the balance, and lets it go below zero."""
    return _named(
        numbers,
        _("what you may pay later"),
        _("overage protection"),
        _("what you may pay later and overage protection"),
    )


def end(numbers: Numbers) -> str:
    """Return what a balance reaches where no more of it is left."""
    return _named(
        numbers,
        _("End of what you pay later"),
        _("End of your overage protection"),
        _("End of what you pay later and overage protection"),
    )


def used(numbers: Numbers, unit: CreditUnit) -> str:
    """Say that no more of it is left. No full stop at the end."""
    upto, protection = locale.amount(numbers.exposure, unit), locale.amount(agreed(numbers), unit)
    return _named(
        numbers,
        _("what you pay later (up to {limit}) is used", limit=upto),
        _("the overage protection of {protection} is used up", protection=protection),
        _(
            "what you pay later (up to {limit}) and the overage protection of {protection} are used",
            limit=upto,
            protection=protection,
        ),
    )


def used_up(numbers: Numbers, unit: CreditUnit, missing: str) -> str:
    """Say that no more of it is left, and what follows; `missing` says what a top-up covers first."""
    if numbers.exposure.micros:
        charged = _(CHARGED)
        return followed(_begun(used(numbers, unit)), charged)
    if owed(numbers).micros:
        words = _("More was used than your credit.")
        if agreed(numbers).micros > 0:
            words = _("More was used than your credit and the overage protection.")
        return f"{words} {missing}"
    return f"{_begun(used(numbers, unit))}."


def invoiced(numbers: Numbers, unit: CreditUnit) -> str:
    """Say that unpaid invoices keep it used."""
    return _(
        "{used}: unpaid invoices use {amount} of it.",
        used=_begun(used(numbers, unit)),
        amount=locale.amount(numbers.invoiced_overage, unit),
    )


def is_due(invoice: InvoiceFact) -> str:
    """Say which invoice is to be paid, and what that gives."""
    return _(
        "Invoice {number} of {amount} is due: what it uses is free again once it is paid.",
        number=invoice.number,
        amount=locale.amount(invoice.due),
    )


def not_lent(found: NotLent | None, unit: CreditUnit, ask: Callable[[], str]) -> NotLentWords | None:
    """Say why nothing is lent. `ask` says whom, to a member who may not manage: nothing is linked then."""
    if found is None:
        return None
    limit = locale.amount(found.limit, unit)
    methods = "payment_methods.page"
    match found.why:
        case WhyNot.NO_METHOD:
            fact = _(
                "You can pay later, up to {limit}, once a payment method is saved that is charged for invoices.",
                limit=limit,
            )
            said = NotLentWords(fact, _("Add a payment method"), methods)
        case WhyNot.CARD_IS_OVER:
            fact = _("You cannot pay later, up to {limit}, because your card has expired.", limit=limit)
            said = NotLentWords(fact, _("Add the new card"), methods)
        case WhyNot.GIVEN_UP:
            fact = _("You cannot pay later, up to {limit}, until an invoice that was left unpaid is paid.", limit=limit)
            said = NotLentWords(fact, _("Pay the invoice"), "invoice_payment.page", {"document_id": found.about})
        case WhyNot.DISPUTED:
            fact = _(
                "You cannot pay later, up to {limit}, until a bank has decided about a disputed payment. "
                "Until then, credit serves you.",
                limit=limit,
            )
            said = NotLentWords(fact, _("Add credits"), "add_credits.page")
    whom = ask()
    if not whom:
        return said
    asks = _("Ask {who}.", who=whom)
    return replace(said, fact=f"{said.fact} {asks}", link="")


def note(later: PayLater, debt: Debt, unit: CreditUnit) -> str:
    """Say who pays what is used of it: what payments that went back have left is on no invoice."""
    back = Credits(min(later.used.micros, debt.clawed_back.micros))
    if not back.micros:
        return _("It is charged to your payment method with the next invoice, before tax.")
    words = _(
        "{amount} of it is owed because a payment was refunded or disputed: add credit.",
        amount=locale.amount(back, unit),
    )
    if back == later.used:
        return words
    rest = _("The rest is charged to your payment method with the next invoice, before tax.")
    return f"{words} {rest}"


def _begun(words: str) -> str:
    return words[0].upper() + words[1:]
