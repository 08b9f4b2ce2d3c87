"""The form that makes a read-only link."""

from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired

from app.domain.people.read_only import DAYS, LONGEST_NAME
from app.web.fields import PageForm


class LinkForm(PageForm):
    """Whom it is for, and for how long."""

    name = StringField(
        "Whom it is for",
        [InputRequired("Say whom the link is for.")],
        render_kw={"autocomplete": "off", "maxlength": LONGEST_NAME},
    )
    days = SelectField("Good for", choices=[SelectChoice(str(each), f"{each} days") for each in DAYS], default="30")
