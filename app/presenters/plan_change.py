"""A change of plan in words: what it gives and from when, what it costs, and how its order stands."""

from collections.abc import Iterator
from dataclasses import dataclass

from app import locale
from app.domain.catalog import Catalog
from app.domain.money import Money
from app.domain.subscriptions.choice import counted
from app.domain.subscriptions.preview import Preview
from app.domain.subscriptions.words import choice_words
from app.models.payments import Payment
from app.models.subscriptions import PlanChange
from app.presenters import plan, taxes
from app.services.subscriptions.reads import Current


@dataclass(frozen=True)
class Review:
    """A change as it is shown before it is confirmed."""

    becomes: str
    """What is had then."""
    from_when: str
    lines: tuple[tuple[str, Money], ...]
    """Each line of its invoice, before tax."""
    net: Money
    """What the lines come to."""
    sums: taxes.TaxLines | None
    """None: it costs nothing now."""
    charged: Money
    given: Money | None
    """What is given back as credit now."""
    taxes_back: tuple[tuple[str, Money], ...]
    """Each tax in it, by its name and percent: they and the lines add up to what is given back."""
    then: str
    """What it costs from then on."""
    button: str


def review(seen: Preview) -> Review:
    """Return the preview in words."""
    wants, quote = seen.wants, seen.quote
    ends = plan.day(quote.plan_period.ends_at)
    day = plan.day(quote.at)
    costs = seen.renews.price.amount_minor > 0
    price = plan.price_words(seen.renews) if costs else ""
    renews = f"Renews on {ends} for {price} before tax." if quote.is_now else f"{price} before tax from {day} on."
    charged = seen.charged
    if charged.amount_minor:
        button = f"Pay {locale.exact(charged)} and change"
    else:
        button = "Change now" if quote.is_now else f"Change on {day}"
    return Review(
        becomes=choice_words(wants),
        from_when="At once" if quote.is_now else f"On {day}, when what you have paid for ends",
        lines=tuple((line.description, line.net) for line in seen.lines),
        net=seen.price.net,
        sums=taxes.lines(seen.price, seen.treatment) if charged.amount_minor else None,
        charged=charged,
        given=seen.given if seen.given.amount_minor else None,
        taxes_back=tuple((f"{each.name} {each.percent.normalize():f} %", each.tax) for each in seen.taxes_back),
        then=renews if costs else "",
        button=button,
    )


def paid_by(sold: Catalog, has_credit: bool) -> str:
    """Say to who has credit that a change of plan is not paid with it, and what is; nothing to who has none."""
    if not has_credit:
        return ""
    if sold.credit_pays_invoices:
        credit = "Credit that you bought pays invoices, also of renewals."
        return f"A change of plan is charged to your payment method. {credit}"
    return "A change of plan is charged to your payment method, as renewals are. Your credit pays for usage."


def replacing(scheduled: PlanChange, sold: Catalog, when: str) -> str:
    """Say that the change that is scheduled is not made; `sold` is the version of the catalog that it is given in."""
    becomes = plan.order_words(scheduled, sold)
    return f"The scheduled change to {becomes} on {plan.day(scheduled.effective_at)} {when}."


def less(seen: Preview, has: Current, sold: Catalog) -> Iterator[str]:
    """Yield what another plan takes away, what it holds, and how many seats are to be freed."""
    wants, had = seen.wants.plan, has.has.plan
    if wants.key == had.key:
        return
    gone = [each for each in had.features if each not in wants.features]
    if gone:
        yield f"These features end then: {', '.join(gone)}."
    holds = "; ".join(plan.holds(sold, wants))
    if holds:
        yield f"{wants.title} holds: {holds}."
    freed = plan.to_free(has, seen.wants.seats)
    if freed:
        yield freed if seen.quote.is_now else f"{freed.removesuffix('.')} by then."


def seats_words(seen: Preview, has: Current) -> str:
    """Say what another number of seats costs: now, and from the next period on."""
    wants, quote = seen.wants, seen.quote
    price, day = plan.price_words(seen.renews), plan.day(quote.at)
    if not quote.is_now:
        return f"{counted(wants.seats)} from {day} on: {price} before tax. Nothing is charged now."
    until = plan.day(quote.plan_period.ends_at)
    if seen.given.amount_minor:
        return (
            f"{counted(wants.seats)} at once: {locale.exact(seen.given)} comes back as credit; then {price} before tax."
        )
    if not seen.charged.amount_minor:
        return f"{counted(wants.seats)} at once, at no extra charge until {until}; then {price} before tax."
    more = wants.seats - has.has.seats
    said = f"{counted(more)} more" if more > 0 else counted(wants.seats)
    tax = " with tax" if seen.price.tax.amount_minor else ""
    return f"{said} at once: {locale.exact(seen.charged)}{tax} until {until}; then {price} before tax."


_TITLES = {
    "applied": "Your plan is changed",
    "scheduled": "Your change is scheduled",
    "undone": "This change was taken back",
    "replaced": "This change was replaced",
    "failed": "Your plan was not changed",
    "expired": "Your plan was not changed",
    "superseded": "Your plan was not changed, and your money goes back",
}
_PILLS = {"waiting": "Waiting", "failed": "Not charged", "expired": "Not charged", "superseded": "Not changed"}
_WAITS = {
    "requires_action": "Your bank asks you to confirm this payment",
    "processing": "Your payment is on its way",
}
_WHY = {
    "ended_before": "The order had ended before the money arrived.",
    "changed_meanwhile": "Something else of your plan was changed before the money arrived.",
    "paid_back_meanwhile": "What was taken off for unused time went back, or is disputed, before the money arrived.",
    "too_late": "The period that it was for was over before the money arrived.",
    "another_amount": "Another amount arrived than was ordered.",
}


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
    title = _WAITS.get(payment.state if payment else "", "We have not heard back about this payment yet")
    if payment is not None and payment.checkout_id and payment.state == "requires_action":
        title = "Pay on our payment processor’s page"
    match order.state:
        case "applied":
            said = _applied(order, becomes)
        case "scheduled":
            said = [f"You have {becomes} from {day} on. Until then everything stays as it is. Nothing was charged."]
        case "undone":
            said = [f"It was {becomes}.", *_back(order, amount)]
        case "replaced":
            said = [f"It was {becomes}. A later change took its place. Nothing was charged for it."]
        case "failed" | "expired":
            said = [why or "Nothing was charged.", "You keep what you have, and nothing is left to pay."]
        case "superseded":
            said = [
                _WHY.get(order.problem, "What you ordered could not be given any more."),
                f"The {amount} that you paid goes back to where it came from. You need not do anything.",
            ]
        case _:
            said = [_waits(payment, amount), f"Once it is paid you have {becomes}. Until then nothing changes."]
    pill = {"waiting": "Waiting", "failed": "Not charged", "expired": "Not charged", "superseded": "Not changed"}.get(
        order.state, ""
    )
    return Result(_TITLES.get(order.state, title), tuple(said), pill, is_bad=order.state in {"failed", "superseded"})


def undo_words(order: PlanChange, back: Money) -> str:
    """Say what the button does that gives back seats that were bought today, and what of their price goes back."""
    gives = f"Give {counted(order.seats - order.from_seats)} back"
    return f"{gives} and refund {locale.exact(back)}" if back.amount_minor else gives


def undone(order: PlanChange, was: str, back: Money | None) -> str:
    """Return the notice after an order was taken back; nothing where it could not be."""
    if order.state == "undone" and order.total_minor > 0:
        if back is None or not back.amount_minor:
            return "The seats are given back."
        return f"The seats are given back. {locale.exact(back)} goes back to where it came from."
    if order.state == "undone":
        return "The scheduled change is taken back. Your plan stays as it is."
    if order.state in {"failed", "expired"} and was == "waiting":
        return "The payment is given up. Nothing was charged, and your plan stays as it is."
    return ""


def is_waited_for(payment: Payment | None) -> bool:
    """Say whether the page asks again by itself: nobody has to do anything, and it does not take days."""
    return payment is not None and (
        payment.state in {"created", "pi_created", "confirming"}
        or (payment.state == "processing" and payment.rail != "sepa_debit")
    )


def _back(order: PlanChange, amount: str) -> list[str]:
    if not order.total_minor:
        return ["Nothing was charged for it."]
    return [f"The {amount} that you paid goes back to where it came from."]


def _applied(order: PlanChange, becomes: str) -> list[str]:
    said = [f"You have {becomes}."]
    if order.total_minor > 0:
        said.append(f"It is paid for until {plan.day(order.period_ends_at)}.")
    elif order.total_minor:
        said.append(f"{_given(order)} came back as credit for what is not used.")
    return said


def _given(order: PlanChange) -> str:
    return locale.exact(Money(-order.total_minor, order.currency))


def _waits(payment: Payment | None, amount: str) -> str:
    match payment.state if payment else "":
        case "requires_action" if payment is not None and payment.checkout_id:
            return f"{amount} is charged only when you pay it there. You come back here afterwards."
        case "requires_action":
            return f"{amount} is charged only when you approve it on your bank’s page. You come back here afterwards."
        case "processing" if payment is not None and payment.rail == "sepa_debit":
            return f"Your bank takes a few days to pay {amount}. You need not do anything."
        case "processing":
            return f"{amount} is being paid. This page updates by itself; you can also leave it."
        case _:
            return f"We are asking our payment processor about your payment of {amount}. You will not be charged twice."
