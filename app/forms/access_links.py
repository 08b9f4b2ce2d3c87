"""The form that makes a read-only link."""

from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired

from app.domain.language import marked, ngettext
from app.domain.people.read_only import DAYS, LONGEST_NAME
from app.web.fields import PageForm


def _choices() -> list[SelectChoice]:
    return [SelectChoice(str(each), ngettext("{n} day", "{n} days", each)) for each in DAYS]


class LinkForm(PageForm):
    """Whom it is for, and for how long."""

    name = StringField(
        marked("Whom it is for"),
        [InputRequired(marked("Say whom the link is for."))],
        render_kw={"autocomplete": "off", "maxlength": LONGEST_NAME},
    )
    days = SelectField(marked("Good for"), choices=_choices, default="30")
