"""The form that pays an invoice: how it is paid, and the amount that the member saw."""

from wtforms import HiddenField, StringField

from app import ids
from app.domain.errors import Refused
from app.domain.language import _, marked
from app.domain.money import Money
from app.forms.payment_methods import NewMethodForm


class InvoicePaymentForm(NewMethodForm):
    """How to pay. `seen` is the amount on the button that was pressed: no other is charged."""

    method = StringField(marked("Select a payment method"))
    form_key = HiddenField()
    seen = HiddenField()

    def amount(self, currency: str) -> Money:
        """Return the amount that the button said, or refuse a form that has none."""
        minor, _space, code = (self.seen.data or "").partition(" ")
        if code != currency or not (minor.isascii() and minor.isdigit()) or len(minor) > 15:
            raise Refused(_("Check the amount, then press the button."), "amount_changed", 409)
        return Money(int(minor), currency)

    def renew(self) -> None:
        """Make it a new order: the old one is over."""
        self.form_key.data = ids.new_form_key()


def seen(due: Money) -> str:
    """Return the amount as the button carries it."""
    return f"{due.amount_minor} {due.currency}"
