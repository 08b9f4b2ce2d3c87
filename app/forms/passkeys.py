"""The form that adds a passkey: its name, beside what the browser made."""

from wtforms import StringField
from wtforms.validators import InputRequired

from app.web.fields import PageForm


class NameForm(PageForm):
    """What the member calls the passkey."""

    name = StringField("Name", [InputRequired("Enter a name.")], render_kw={"maxlength": 60, "autocomplete": "off"})
