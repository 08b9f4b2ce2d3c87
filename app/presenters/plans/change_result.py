"""An order of another plan in words: how it stands, what became of it, and what taking it back does."""

from dataclasses import dataclass

from app import locale
from app.domain.catalog import Catalog
from app.domain.language import _, marked, ngettext
from app.domain.money import Money
from app.models.payments import Payment
from app.models.subscriptions import PlanChange
from app.presenters.plans import plan

_TITLES = {
    "applied": marked("Your plan is changed"),
    "scheduled": marked("Your change is scheduled"),
    "undone": marked("This change was taken back"),
    "replaced": marked("This change was replaced"),
    "failed": marked("Your plan was not changed"),
    "expired": marked("Your plan was not changed"),
    "superseded": marked("Your plan was not changed, and your money goes back"),
}
_PILLS = {
    "waiting": marked("Waiting"),
    "failed": marked("Not charged"),
    "expired": marked("Not charged"),
    "superseded": marked("Not changed"),
}
_WAITS = {
    "requires_action": marked("Your bank asks you to confirm this payment"),
    "processing": marked("Your payment is on its way"),
}
_WHY = {
    "ended_before": marked("The order had ended before the money arrived."),
    "changed_meanwhile": marked("Something else of your plan was changed before the money arrived."),
    "paid_back_meanwhile": marked(
        "What was taken off for unused time went back, or is disputed, before the money arrived."
    ),
    "too_late": marked("The period that it was for was over before the money arrived."),
    "another_amount": marked("Another amount arrived than was ordered."),
}


UNHEARD = marked("We have not heard back about this payment yet")
NOT_GIVEN = marked("What you ordered could not be given any more.")


@dataclass(frozen=True)
class Result:
    """How an order stands, for its page."""

    title: str
    sentences: tuple[str, ...]
    pill: str
    """Empty: nothing needs notice."""
    is_bad: bool


def result(order: PlanChange, payment: Payment | None, sold: Catalog, why: str) -> Result:
    """Return the order in words; `why` is why its payment ended uncharged, if it did."""
    becomes, amount = plan.order_words(order, sold), locale.exact(Money(order.total_minor, order.currency))
    day = plan.day(order.effective_at)
    title = _(_WAITS.get(payment.state if payment else "", UNHEARD))
    if payment is not None and payment.checkout_id and payment.state == "requires_action":
        title = _("Pay on our payment processor’s page")
    match order.state:
        case "applied":
            said = _applied(order, becomes)
        case "scheduled":
            words = _("You have {plan} from {day} on. Until then everything stays as it is.", plan=becomes, day=day)
            nothing = _("Nothing was charged.")
            said = [f"{words} {nothing}"]
        case "undone":
            said = [_("It was {plan}.", plan=becomes), *_back(order, amount)]
        case "replaced":
            said = [
                _("It was {plan}. A later change took its place. Nothing was charged for it.", plan=becomes),
            ]
        case "failed" | "expired":
            said = [why or _("Nothing was charged."), _("You keep what you have, and nothing is left to pay.")]
        case "superseded":
            said = [
                _(_WHY.get(order.problem, NOT_GIVEN)),
                _(
                    "The {amount} that you paid goes back to where it came from. You need not do anything.",
                    amount=amount,
                ),
            ]
        case _:
            said = [
                _waits(payment, amount),
                _("Once it is paid you have {plan}. Until then nothing changes.", plan=becomes),
            ]
    pill = _(_PILLS[order.state]) if order.state in _PILLS else ""
    title = _(_TITLES[order.state]) if order.state in _TITLES else title
    return Result(title, tuple(said), pill, is_bad=order.state in {"failed", "superseded"})


def undo_words(order: PlanChange, back: Money) -> str:
    """Say what the button does that gives back seats that were bought today, and what of their price goes back."""
    seats = order.seats - order.from_seats
    if not back.amount_minor:
        return ngettext("Give {n} seat back", "Give {n} seats back", seats)
    return ngettext(
        "Give {n} seat back and refund {amount}",
        "Give {n} seats back and refund {amount}",
        seats,
        amount=locale.exact(back),
    )


def undone(order: PlanChange, was: str, back: Money | None) -> str:
    """Return the notice after an order was taken back; nothing where it could not be."""
    if order.state == "undone" and order.total_minor > 0:
        if back is None or not back.amount_minor:
            return _("The seats are given back.")
        return _("The seats are given back. {amount} goes back to where it came from.", amount=locale.exact(back))
    if order.state == "undone":
        return _("The scheduled change is taken back. Your plan stays as it is.")
    if order.state in {"failed", "expired"} and was == "waiting":
        return _("The payment is given up. Nothing was charged, and your plan stays as it is.")
    return ""


def is_waited_for(payment: Payment | None) -> bool:
    """Say whether the page asks again by itself: nobody has to do anything, and it does not take days."""
    return payment is not None and (
        payment.state in {"created", "pi_created", "confirming"}
        or (payment.state == "processing" and payment.rail != "sepa_debit")
    )


def _back(order: PlanChange, amount: str) -> list[str]:
    if not order.total_minor:
        return [_("Nothing was charged for it.")]
    return [_("The {amount} that you paid goes back to where it came from.", amount=amount)]


def _applied(order: PlanChange, becomes: str) -> list[str]:
    said = [_("You have {plan}.", plan=becomes)]
    if order.total_minor > 0:
        said.append(_("It is paid for until {day}.", day=plan.day(order.period_ends_at)))
    elif order.total_minor:
        said.append(_("{amount} came back as credit for what is not used.", amount=_given(order)))
    return said


def _given(order: PlanChange) -> str:
    return locale.exact(Money(-order.total_minor, order.currency))


def _waits(payment: Payment | None, amount: str) -> str:
    match payment.state if payment else "":
        case "requires_action" if payment is not None and payment.checkout_id:
            words = _("{amount} is charged only when you pay it there. You come back here afterwards.", amount=amount)
        case "requires_action":
            words = _(
                "{amount} is charged only when you approve it on your bank’s page. You come back here afterwards.",
                amount=amount,
            )
        case "processing" if payment is not None and payment.rail == "sepa_debit":
            words = _("Your bank takes a few days to pay {amount}. You need not do anything.", amount=amount)
        case "processing":
            words = _("{amount} is being paid. This page updates by itself; you can also leave it.", amount=amount)
        case _:
            words = _(
                "We are asking our payment processor about your payment of {amount}. You will not be charged twice.",
                amount=amount,
            )
    return words
