"""The form that adds a passkey: its name, beside what the browser made."""

from wtforms import StringField
from wtforms.validators import InputRequired

from app.domain.language import marked
from app.forms.two_factor import OF_APP
from app.web.fields import PageForm


class NameForm(PageForm):
    """What the member calls the passkey; with two-factor sign-in a code too, as the passkey counts for both factors."""

    name = StringField(
        marked("Name"), [InputRequired(marked("Enter a name."))], render_kw={"maxlength": 60, "autocomplete": "off"}
    )
    code = StringField(
        marked("Code of your app, or a recovery code"),
        [InputRequired(marked("Enter the code."))],
        render_kw=OF_APP | {"inputmode": "text"},
    )
