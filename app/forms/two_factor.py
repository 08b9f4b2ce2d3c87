"""The forms of two-factor sign-in: a code, and a code beside the password."""

from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired

from app.domain.language import marked
from app.web.fields import PageForm

OF_APP = {"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": 60, "spellcheck": "false"}
WRITTEN_DOWN = {"autocomplete": "off", "autocapitalize": "characters", "maxlength": 60, "spellcheck": "false"}


class CodeForm(PageForm):
    """A code of the app, or a recovery code."""

    code = StringField(marked("Code"), [InputRequired(marked("Enter the code."))], render_kw=OF_APP)


class ProofForm(PageForm):
    """What a change of two-factor sign-in asks for: the password, where the member has one, and a code."""

    current_password = PasswordField(
        marked("Current password"),
        [InputRequired(marked("Enter your password."))],
        render_kw={"autocomplete": "current-password", "maxlength": 256},
    )
    code = StringField(
        marked("Code of your app, or a recovery code"),
        [InputRequired(marked("Enter the code."))],
        render_kw=OF_APP | {"inputmode": "text"},
    )
