"""A change of plan in words, before it is confirmed: what it gives and from when, and what it costs."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from app import locale
from app.domain.catalog import Catalog
from app.domain.language import _, apart, ngettext, percent
from app.domain.money import Money
from app.domain.subscriptions.choice import counted
from app.domain.subscriptions.preview import Preview, TaxBack
from app.domain.subscriptions.words import choice_words
from app.domain.tax.words import named
from app.models.subscriptions import PlanChange
from app.presenters import taxes
from app.presenters.plans import plan
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
    renews = _("{price} before tax from {day} on.", price=price, day=day)
    from_when = _("On {day}, when what you have paid for ends", day=day)
    button = _("Change on {day}", day=day)
    if quote.is_now:
        renews = _("Renews on {day} for {price} before tax.", day=ends, price=price)
        from_when, button = _("At once"), _("Change now")
    charged = seen.charged
    if charged.amount_minor:
        button = _("Pay {amount} and change", amount=locale.exact(charged))
    return Review(
        becomes=choice_words(wants),
        from_when=from_when,
        lines=tuple((line.said, line.net) for line in seen.lines),
        net=seen.price.net,
        sums=taxes.lines(seen.price, seen.treatment) if charged.amount_minor else None,
        charged=charged,
        given=seen.given if seen.given.amount_minor else None,
        taxes_back=tuple((_tax(each), each.tax) for each in seen.taxes_back),
        then=renews if costs else "",
        button=button,
    )


def paid_by(sold: Catalog, has_credit: bool) -> str:
    """Say to who has credit that a change of plan is not paid with it, and what is; nothing to who has none."""
    if not has_credit:
        return ""
    if sold.credit_pays_invoices:
        return _(
            "A change of plan is charged to your payment method. "
            "Credit that you bought pays invoices, also of renewals."
        )
    return _("A change of plan is charged to your payment method, as renewals are. Your credit pays for usage.")


class Instead(StrEnum):
    """What becomes of a change that is scheduled where another one is made."""

    NOW = "now"
    THEN = "then"
    WAS = "was"


def replacing(scheduled: PlanChange, sold: Catalog, when: Instead) -> str:
    """Say that the change that is scheduled is not made; `sold` is the version of the catalog that it is given in."""
    values = {"plan": plan.order_words(scheduled, sold), "day": plan.day(scheduled.effective_at)}
    match when:
        case Instead.NOW:
            return _("The scheduled change to {plan} on {day} is replaced by this one.", **values)
        case Instead.THEN:
            return _("The scheduled change to {plan} on {day} is replaced then.", **values)
        case Instead.WAS:
            return _("The scheduled change to {plan} on {day} was replaced by this one.", **values)


def less(seen: Preview, has: Current, sold: Catalog) -> Iterator[str]:
    """Yield what another plan takes away, what it holds, and how many seats are to be freed."""
    wants, had = seen.wants.plan, has.has.plan
    if wants.key == had.key:
        return
    gone = [each for each in had.features if each not in wants.features]
    if gone:
        yield _("These features end then: {features}.", features=", ".join(gone))
    holds = apart(plan.holds(sold, wants))
    if holds:
        yield _("{plan} holds: {what}.", plan=wants.title, what=holds)
    freed = plan.to_free(has, seen.wants.seats, is_later=not seen.quote.is_now)
    if freed:
        yield freed


def seats_words(seen: Preview, has: Current) -> str:
    """Say what another number of seats costs: now, and from the next period on."""
    wants, quote = seen.wants, seen.quote
    price, day = plan.price_words(seen.renews), plan.day(quote.at)
    seats = counted(wants.seats)
    if not quote.is_now:
        return _(
            "{seats} from {day} on: {price} before tax. Nothing is charged now.", seats=seats, day=day, price=price
        )
    until = plan.day(quote.plan_period.ends_at)
    if seen.given.amount_minor:
        return _(
            "{seats} at once: {amount} comes back as credit; then {price} before tax.",
            seats=seats,
            amount=locale.exact(seen.given),
            price=price,
        )
    if not seen.charged.amount_minor:
        return _(
            "{seats} at once, at no extra charge until {day}; then {price} before tax.",
            seats=seats,
            day=until,
            price=price,
        )
    more = wants.seats - has.has.seats
    values = {
        "seats": ngettext("{n} seat more", "{n} seats more", more) if more > 0 else seats,
        "amount": locale.exact(seen.charged),
        "day": until,
        "price": price,
    }
    if seen.price.tax.amount_minor:
        return _("{seats} at once: {amount} with tax until {day}; then {price} before tax.", **values)
    return _("{seats} at once: {amount} until {day}; then {price} before tax.", **values)


def _tax(back: TaxBack) -> str:
    return f"{named(back.name)} {percent(locale.number(back.percent))}"
