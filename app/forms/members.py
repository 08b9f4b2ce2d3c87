"""The forms of Members, and of the page that an invitation leads to."""

from collections.abc import Callable, Iterable

from wtforms import PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired

from app.domain.language import marked
from app.domain.people.members import Role
from app.web.fields import PageForm


def _choices(roles: Iterable[Role]) -> list[SelectChoice]:
    return [SelectChoice(each.value, each.label) for each in roles]


class InviteForm(PageForm):
    """Whom to ask in, and as what."""

    email = StringField(
        marked("E-mail address"),
        [InputRequired(marked("Enter an e-mail address."))],
        render_kw={"type": "email", "autocomplete": "off", "maxlength": 254, "spellcheck": "false"},
    )
    role = SelectField(marked("Role"), choices=lambda: _choices(Role), default=Role.VIEWER.value)

    def offers(self, may_invite: Callable[[Role], bool]) -> "InviteForm":
        """Offer the roles that may be given, and no other."""
        self.role.choices = _choices(each for each in Role if may_invite(each))
        return self


class RoleForm(PageForm):
    """A member's role."""

    role = SelectField(marked("Role"), choices=lambda: _choices(Role))


class SignUpForm(PageForm):
    """Who is new here."""

    name = StringField(
        marked("Full name"),
        [InputRequired(marked("Enter your full name."))],
        render_kw={"autocomplete": "name", "maxlength": 200},
    )
    password = PasswordField(
        marked("Password"),
        [InputRequired(marked("Choose a password."))],
        render_kw={"autocomplete": "new-password", "maxlength": 256},
    )
