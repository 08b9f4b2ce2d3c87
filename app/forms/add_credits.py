"""The form that buys credit: what is wanted, how it is paid, and the total that the member saw."""

from wtforms import HiddenField, StringField

from app import ids
from app.domain.errors import Refused
from app.domain.money import Money
from app.domain.top_ups import TopUp
from app.forms import amounts
from app.forms.payment_methods import NewMethodForm
from app.services.bank_transfers import orders
from app.services.payments import top_ups
from app.web.access import current_actor, current_catalog

AGAIN = " again"
NEW = "new"
"""The way to pay that is saved first: what `add_credits/_new_method.html` asks."""


class CreditsForm(NewMethodForm):
    """What to buy and how to pay. `seen` is the total that the pressed button showed: no other is charged."""

    amount = StringField("Amount")
    pack = StringField("Credit pack")
    method = StringField("Select a payment method")
    suggested = HiddenField()
    form_key = HiddenField()
    seen = HiddenField()

    def choice(self) -> tuple[Money | None, str]:
        """Return the amount or the pack that is wanted, or refuse what was typed."""
        pack = self.pack.data or ""
        if pack or not current_catalog().top_up:
            return None, pack
        return amounts.money(self.amount.data or "", self.currency), ""

    def top_up(self) -> TopUp:
        """Return what would be charged and credited, or refuse it beside its field."""
        amount, pack = self.choice()
        try:
            return top_ups.priced(current_catalog(), amount=amount, pack=pack)
        except Refused as refusal:
            raise _in_words(refusal) from None

    def pro_forma(self) -> str:
        """Order it to be paid by bank transfer; return the id of the pro-forma."""
        amount, pack = self.choice()
        return orders.order(current_actor(), form_key=self.form_key.data or "", amount=amount, pack=pack).id

    def renew(self) -> None:
        """Make it a new order: the old one is over."""
        self.form_key.data = ids.new_form_key()


def total_seen(wanted: TopUp) -> str:
    """Return the total as the button carries it: what is charged and what is credited for it."""
    return f"{wanted.amount.amount_minor} {wanted.amount.currency} {wanted.credits.micros}"


def _in_words(refusal: Refused) -> Refused:
    """Put the refusal of a price beside the field that the form has for it."""
    if current_catalog().top_up is None:
        return Refused("Choose a credit pack.", refusal.reason, 422, "pack")
    return refusal
