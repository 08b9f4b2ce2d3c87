"""The form of API tokens: what a token is called, what it may do and how long it lasts."""

from flask import request
from wtforms import HiddenField, SelectField, StringField
from wtforms.validators import Optional

from app import ids
from app.domain.language import _, marked, ngettext
from app.domain.people.api_tokens import DATE, DAYS, NEVER
from app.forms.balance_history import DayField
from app.web.fields import PageForm


class ApiTokenForm(PageForm):
    """A token to make."""

    form_key = HiddenField()
    """Sent twice, the form makes one token."""
    name = StringField(marked("Name"), render_kw={"autocomplete": "off", "maxlength": 100})
    scopes = StringField(marked("It may"))
    """Beside the check boxes that `chosen` reads: it takes what is wrong with them."""
    lasts = SelectField(marked("It ends"), choices=[], default=str(DAYS[0]), validate_choice=False)
    ends_on = DayField(marked("On the day (UTC)"), [Optional()])

    def offer(self, *, may_last: bool) -> "ApiTokenForm":
        """Offer how long a token may last."""
        self.lasts.choices = [(str(each), ngettext("in {n} day", "in {n} days", each)) for each in DAYS]
        self.lasts.choices += [(DATE, _("on a day"))] + ([(NEVER, _("never"))] if may_last else [])
        return self

    def renewed(self) -> "ApiTokenForm":
        """Make it a form that was not sent yet."""
        self.form_key.data = ids.new_form_key()
        return self

    @property
    def chosen(self) -> list[str]:
        """What the token may do, as it was chosen."""
        return request.form.getlist("scopes")[:20] if request.method == "POST" else []
