"""Forms: what they keep when refused, and that no input can break them."""

from collections.abc import Mapping
from typing import Any, ClassVar

from flask import request
from flask_wtf import FlaskForm  # type: ignore[import-untyped]
from wtforms import Field

from app.domain import language
from app.domain.errors import Refused
from app.domain.language import ENGLISH, _, marked
from app.web.access import current_customer

LONGEST = 2_000


DAY, UNREADABLE = marked("Enter a day such as 2026-11-21."), marked("This cannot be read. Enter it again.")


class _OurWords:
    """The sentences of WTForms in our words. A field that says what to do by a message of its own keeps that."""

    _WORDS: ClassVar[Mapping[str, str]] = {
        "Not a valid date value.": DAY,
        "Not a valid choice.": marked("Choose one from the list."),
        "This field is required.": marked("Fill this in."),
    }

    def gettext(self, message: str) -> str:
        """Return the sentence in our words; a label, which WTForms makes of a field's name, is no sentence."""
        return self._WORDS.get(message, UNREADABLE) if message.endswith(".") else message

    def ngettext(self, singular: str, _plural: str, _n: int) -> str:
        """Return the sentence in our words, whatever is counted."""
        return self.gettext(singular)


TYPED_IN = "typed_in"
"""The hidden field in which a form says the language that it was written in. One without it is in English."""


class PageForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """A form of a page. It keeps what was typed, and takes a refusal to the field that it names.

    What is typed is read as the form's own page wrote it: the member may have chosen another language meanwhile.
    """

    def __init__(self, *args: Any, **values: Any) -> None:
        """Make the form; where it is the one that was sent, let its fields be read in its language."""
        super().__init__(*args, **values)
        is_sent = self.is_submitted() and values.get("formdata", request.form) is not None
        written = request.form if is_sent else request.args if TYPED_IN in request.args and args else {}
        is_sent = is_sent or bool(written)  # a form whose fields came in the address
        self.typed_in = (language.offered(written.get(TYPED_IN, "")) or ENGLISH) if is_sent else language.current()
        if is_sent:
            language.typed_in(self.typed_in)

    def written_in(self) -> dict[str, Any]:
        """Return what a link says of the language in which its values were typed: nothing where all is in English."""
        return {} if self.typed_in == ENGLISH == language.current() else {TYPED_IN: self.typed_in}

    class Meta:
        """What was typed is the posted fields alone: no form here takes a file or JSON, which are no texts.

        What WTForms itself says of a field that cannot be read is said in our words.
        """

        def get_translations(self, _form: Any) -> "_OurWords":
            """Return what puts the messages of WTForms into our words."""
            return _OurWords()

        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            """Return what the form reads: what it was given, or else the posted fields."""
            wrapped = super().wrap_formdata(form, formdata)  # type: ignore[misc]  # WTForms puts its own class behind
            return wrapped if wrapped is formdata or wrapped is None else request.form

    def refuse(self, refusal: Refused) -> None:
        """Show the refusal beside its field, or above the form when it names none of them."""
        field = self._fields.get(refusal.field) if refusal.field else None
        if field is None:
            self.form_errors.append(refusal.sentence)
        else:
            field.errors = [*field.errors, refusal.sentence]

    def point_at_first_error(self) -> None:
        """Let the first field that is wrong have the focus: whoever cannot see the page change is taken there."""
        wrong = next((each for each in self if each.errors), None)
        if wrong is not None:
            self.mark(wrong.name, autofocus=True)

    def mark(self, name: str, **attributes: object) -> None:
        """Let the field's element carry the attributes."""
        self[name].render_kw = (self[name].render_kw or {}) | attributes

    def validate(self, extra_validators: Any = None) -> bool:
        """Check the fields, and before them that every text can be kept at all; say what is wrong in the language."""
        valid = bool(super().validate(extra_validators))
        for field in self:
            problem = _problem(field)
            if problem:
                field.errors = [problem]
                valid = False
            field.errors = [_(str(each)) for each in field.errors]
        return valid

    @property
    def currency(self) -> str:
        """What amounts in this form are in."""
        return current_customer().currency


def _problem(field: Field) -> str:
    text = field.data if isinstance(field.data, str) else ""
    if len(text) > LONGEST:
        return marked("This is too long.")
    if "\0" in text or "\ufffd" in text or any("\ud800" <= character <= "\udfff" for character in text):
        return marked("This has a character that cannot be stored. Enter it again.")
    return ""
