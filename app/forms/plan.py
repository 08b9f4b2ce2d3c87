"""The forms of the Plan page: what is chosen and confirmed, why a plan ends, and what is asked of the seller."""

from wtforms import HiddenField, StringField, TextAreaField

from app import ids
from app.domain.errors import Refused
from app.domain.language import _, marked
from app.domain.money import Money
from app.forms.payment_methods import NewMethodForm
from app.services.subscriptions.preview import Target
from app.web.fields import PageForm


class PlanChangeForm(NewMethodForm):
    """What is chosen, and how it is paid. `preview` and `seen` are what was shown: nothing else is charged."""

    plan = HiddenField()
    interval = HiddenField()
    seats = StringField(marked("Seats"))
    method = StringField(marked("Select a payment method"))
    form_key = HiddenField()
    preview = HiddenField()
    seen = HiddenField()

    def target(self) -> Target:
        """Return what is chosen, or refuse a number of seats that is none."""
        return target(self.plan.data or "", self.interval.data or "", self.seats.data or "")

    def amount(self) -> Money:
        """Return the amount that the button said, or refuse a form that has none."""
        minor, _space, code = (self.seen.data or "").partition(" ")
        if code != self.currency or not (minor.isascii() and minor.isdigit()) or len(minor) > 15:
            raise Refused(_("Look at the change, then confirm it."), "preview_gone_by")
        return Money(int(minor), code)

    def renew(self) -> None:
        """Make it a new order: the old one is over."""
        self.form_key.data = ids.new_form_key()


class CancellationForm(PageForm):
    """Why the plan is cancelled, if anybody wants to say."""

    reason = TextAreaField(marked("Why do you cancel? (optional)"))


class RequestForm(PageForm):
    """What the seller is asked about a plan that is sold on request."""

    plan = HiddenField()
    message = TextAreaField(marked("Message"))


def target(plan: str, interval: str, seats: str, step: str = "") -> Target:
    """Return what is chosen; what is left empty is as the customer has it. `step` is one seat more or less."""
    typed = seats.strip()
    if typed and not (typed.isascii() and typed.isdigit() and len(typed) <= 7):
        raise Refused(_("Enter a whole number of seats."), "seats_malformed", 422, "seats")
    number = int(typed) + {"1": 1, "-1": -1}.get(step, 0) if typed else None
    return Target(plan[:60] or None, interval[:10] or None, number)


def seen(charged: Money) -> str:
    """Return the amount as the button carries it."""
    return f"{charged.amount_minor} {charged.currency}"
