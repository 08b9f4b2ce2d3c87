"""The forms of Authentication: another password, another address. What is secret is never shown again."""

from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired

from app.domain.language import marked
from app.web.fields import PageForm

_NEW = {"autocomplete": "new-password", "maxlength": 256}


class PasswordForm(PageForm):
    """The password until now, and the one from now on."""

    current_password = PasswordField(
        marked("Current password"),
        [InputRequired(marked("Enter your current password."))],
        render_kw={"autocomplete": "current-password", "maxlength": 256},
    )
    new_password = PasswordField(
        marked("New password"), [InputRequired(marked("Choose a new password."))], render_kw=_NEW
    )


class EmailForm(PageForm):
    """The address from now on."""

    new_email = StringField(
        marked("New e-mail address"),
        [InputRequired(marked("Enter the new e-mail address."))],
        render_kw={"autocomplete": "email", "maxlength": 254, "spellcheck": "false"},
    )
