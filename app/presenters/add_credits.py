"""What Add credits says of a purchase before it is made, and of payments that are under way."""

from dataclasses import dataclass
from datetime import date, datetime

from markupsafe import Markup

from app import locale
from app.domain.language import _, marked, ngettext
from app.domain.money import Money
from app.domain.numbers import Numbers
from app.domain.payments import PaymentState, debit_expected, decline_sentence, method_name
from app.models.payments import Payment, PaymentMethod
from app.presenters import pay_later, taxes
from app.presenters.charts import day_label
from app.services.balance.after_purchase import AfterPurchase

UNDER_WAY = marked("Under way")
_ENDS = {
    PaymentState.SUCCEEDED: marked("Paid"),
    PaymentState.FAILED: marked("Declined"),
    PaymentState.CANCELED: marked("Cancelled"),
    PaymentState.REFUNDED: marked("Refunded"),
    PaymentState.DISPUTED: marked("Taken back"),
}


@dataclass(frozen=True)
class UnderWay:
    """A payment that is under way: its amount, and what happens next."""

    id: str
    waits: Markup
    """How much of it waits for what, as one sentence."""
    when: str
    """By when, as far as anybody can say."""
    is_ours: bool
    """Whether the customer has to do something."""


def lasts(after: AfterPurchase, numbers: Numbers, today: date) -> str:
    """Say how long the new balance lasts at the last days' pace."""
    if not after.has_pace:
        return _("Nothing was used lately, so nobody can say")
    if after.forecast is None:
        said = _("More than ten years")
    elif (days := (after.forecast.expected - today).days) < 1:
        said = _("Until today")
    else:
        day = _dated(after.forecast.expected, today)
        said = ngettext("About {n} day, to {day}", "About {n} days, to {day}", days, day=day)
    if after.balance.micros > 0:
        return said
    return _("{time}, {with_what}", time=said, with_what=pay_later.counted_in(numbers))


def under_way(payments: list[Payment], today: date) -> list[UnderWay]:
    """Return the payments that are under way in words, the newest first."""
    return [_under_way(each, today) for each in payments]


@dataclass(frozen=True)
class LatestPayment:
    """A payment in the list of the latest: when, how much, by what, and how it ended."""

    id: str
    at: datetime
    amount: str
    tax: str
    """What of the amount is tax, by its name; nothing where none is."""
    method: str
    state: str
    why: str
    """Why nothing was charged; nothing otherwise."""
    is_bad: bool


def latest(payment: Payment, method: PaymentMethod | None) -> LatestPayment:
    """Return the payment in words."""
    state, order = PaymentState(payment.state), taxes.of_payment(payment)
    why = ""
    if state is PaymentState.FAILED:
        why = decline_sentence(payment.problem, payment.rail)
    elif state is PaymentState.CANCELED:
        why = _("Nothing was charged.")
    return LatestPayment(
        id=payment.id,
        at=payment.created_at,
        amount=locale.amount(Money(payment.received_minor or payment.amount_minor, payment.currency)),
        tax=_("{tax}: {amount}", tax=order.title, amount=locale.amount(order.tax)) if order else "",
        method=method_name(method.brand, method.last4) if method else method_name(payment.rail),
        state=_(_ENDS.get(state, UNDER_WAY)),
        why=why,
        is_bad=state is PaymentState.FAILED,
    )


def expected(payment: Payment, today: date) -> str:
    """Say by when the money of a payment that is on its way arrives; nothing where nobody can say."""
    if payment.state != PaymentState.PROCESSING:
        return ""
    if payment.rail == "sepa_debit":
        usual, latest = (_dated(day, today) for day in debit_expected(payment.created_at.date()))
        return _("Usually by {usual}, at the latest about {latest}", usual=usual, latest=latest)
    return _("Usually within minutes") if payment.rail == "crypto" else ""


def _under_way(payment: Payment, today: date) -> UnderWay:
    amount = locale.amount(Money(payment.amount_minor, payment.currency))
    said = Markup(_(_waits(payment))).format(amount=amount)  # the markup is the sentence's own
    is_ours = payment.state == PaymentState.REQUIRES_ACTION and payment.rail != "bank_transfer"
    return UnderWay(payment.id, said, expected(payment, today), is_ours)


def _waits(payment: Payment) -> str:
    """Return the sentence, with the amount still to be put in."""
    if payment.state == PaymentState.REQUIRES_ACTION and payment.checkout_id:
        return marked('<strong class="num">{amount}</strong> waits to be paid on our payment processor’s page')
    if payment.state == PaymentState.REQUIRES_ACTION:
        asks = {
            "crypto": marked('<strong class="num">{amount}</strong> waits for your payment from your wallet'),
            "paypal": marked('<strong class="num">{amount}</strong> waits for your approval at PayPal'),
            "bank_transfer": marked('<strong class="num">{amount}</strong> is being paid from what you have sent'),
        }
        return asks.get(
            payment.rail, marked('<strong class="num">{amount}</strong> waits for you to confirm it with your bank')
        )
    if payment.state == PaymentState.PROCESSING:
        works = {
            "sepa_debit": marked('<strong class="num">{amount}</strong> is on its way by SEPA direct debit'),
            "crypto": marked('<strong class="num">{amount}</strong> is being confirmed by the network'),
            "paypal": marked('<strong class="num">{amount}</strong> is being worked on by PayPal'),
        }
        return works.get(payment.rail, marked('<strong class="num">{amount}</strong> is being worked on by your bank'))
    return marked(
        '<strong class="num">{amount}</strong> waits for an answer of our payment processor, and is not charged twice'
    )


def _dated(day: date, today: date) -> str:
    return day_label(day) if day.year == today.year else locale.day(day)
