"""The form that redeems a code for credit."""

from wtforms import HiddenField, StringField

from app.domain.language import marked
from app.web.fields import PageForm


class CodeForm(PageForm):
    """The code that was typed; `seen` is the one whose credit the pressed button showed."""

    code = StringField(marked("Code"))
    seen = HiddenField()
