"""The form that buys credit: what is wanted, how it is paid, and the total that the member saw."""

from wtforms import HiddenField, StringField

from app import ids
from app.domain.errors import Refused
from app.domain.language import _, marked
from app.domain.money import Money
from app.domain.tax.prices import Taxation
from app.domain.top_ups import TopUp
from app.forms import amounts
from app.forms.payment_methods import NewMethodForm
from app.services.bank_transfers import placing
from app.services.payments import purchases, top_ups
from app.web.access import current_actor, current_catalog, current_taxation

AGAIN = " again"
ASKED_AGAIN = {
    purchases.BOUGHT: marked("Nothing more was charged. To buy it a second time, press the button again."),
    purchases.WAITS: marked("Nothing was charged. To cancel it and begin a new payment, press the button again."),
    purchases.UNHEARD: marked("Nothing more was charged. To buy it a second time, press the button again."),
}
"""What to do next, where the same was asked for a few minutes ago."""
NEW = "new"
"""The way to pay that is saved first: what `add_credits/_new_method.html` asks."""


class CreditsForm(NewMethodForm):
    """What to buy and how to pay. `seen` is the pressed button's `TopUp.preview`: nothing else is charged."""

    amount = StringField(marked("Amount"))
    pack = StringField(marked("Credit pack"))
    method = StringField(marked("Select a payment method"))
    suggested = HiddenField()
    form_key = HiddenField()
    seen = HiddenField()

    def choice(self) -> tuple[Money | None, str]:
        """Return the amount or the pack that is wanted, or refuse what was typed."""
        pack = self.pack.data or ""
        if pack or not current_catalog().top_up:
            return None, pack
        return amounts.money(self.amount.data or "", self.currency), ""

    def top_up(self, taxation: Taxation | None = None) -> TopUp:
        """Return what would be charged and credited, taxed as it is now, or refuse it beside its field."""
        amount, pack = self.choice()
        try:
            return top_ups.priced(current_catalog(), taxation or current_taxation(), amount=amount, pack=pack)
        except Refused as refusal:
            raise _in_words(refusal) from None

    def pro_forma(self) -> str:
        """Order it to be paid by bank transfer; return the id of the pro-forma."""
        amount, pack = self.choice()
        key, seen = self.form_key.data or "", self.previewed
        return placing.order(current_actor(), form_key=key, amount=amount, pack=pack, previewed=seen).id

    @property
    def previewed(self) -> str:
        """What the pressed button showed."""
        return (self.seen.data or "").removesuffix(AGAIN)

    def check_seen(self, wanted: TopUp) -> None:
        """Refuse another total than the pressed button showed, and the same where it is taxed otherwise."""
        if self.previewed != wanted.preview:
            raise top_ups.total_changed(wanted)

    def ordered(self) -> str | None:
        """Return the payment that this form has ordered by a new method, which is saved already: it was sent twice."""
        return purchases.of_form(self.form_key.data or "") if self.method.raw_data == [NEW] else None

    def renew(self) -> None:
        """Make it a new order: the old one is over."""
        self.form_key.data = ids.new_form_key()


def _in_words(refusal: Refused) -> Refused:
    """Put the refusal of a price beside the field that the form has for it."""
    if current_catalog().top_up is None:
        return Refused(_("Choose a credit pack."), refusal.reason, 422, "pack")
    return refusal
