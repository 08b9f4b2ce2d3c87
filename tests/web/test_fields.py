"""Forms speak in one voice: no sentence of the library reaches a page."""

import re
from pathlib import Path

import wtforms
from flask import Flask
from werkzeug.datastructures import MultiDict
from wtforms import DateField, FloatField, IntegerField, RadioField, SelectField, SelectMultipleField, TimeField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Regexp

from app.web.fields import PageForm

SENTENCES = {
    sentence
    for file in Path(wtforms.__file__).parent.rglob("*.py")
    for sentence in re.findall(r'gettext\(\s*"([^"]+)"', file.read_text("utf-8"))
}


A = [SelectChoice("a", "A")]


class Every(PageForm):
    """A form with a field of each kind that can refuse what was typed by itself."""

    class Meta:
        """It is posted nowhere."""

        csrf = False

    day = DateField()
    moment = TimeField()
    whole = IntegerField()
    part = FloatField()
    one = SelectField(choices=A)
    other = RadioField(choices=A)
    several = SelectMultipleField(choices=A)
    needed = wtforms.StringField(validators=[InputRequired()])
    long = wtforms.StringField(validators=[Length(max=3)])
    large = IntegerField(validators=[NumberRange(max=3)])
    fits = wtforms.StringField(validators=[Regexp("x")])


def test_no_field_speaks_in_the_librarys_words(app: Flask) -> None:
    typed = dict.fromkeys(("day", "moment", "whole", "part", "one", "other", "several"), "7x")
    with app.test_request_context():
        form = Every(MultiDict({**typed, "needed": "", "long": "long", "large": "9", "fits": "y"}))
        assert not form.validate()
        said = {name: list(field.errors) for name, field in form._fields.items()}
        assert form.day.label.text == "Day", "a label is made of the field's name"
    assert all(said.values()), said
    for sentence in {each for errors in said.values() for each in errors}:
        assert not any(re.fullmatch(re.sub(r"%\(\w+\)[sd]|%s", ".*", each), sentence) for each in SENTENCES), sentence
    assert said["day"] == ["Enter a day such as 2026-11-21."]
    assert said["one"] == ["Choose one from the list."]


def test_each_sentence_of_the_library_has_another_one(app: Flask) -> None:
    with app.test_request_context():
        day = Every(formdata=None).day
        for sentence in SENTENCES:
            assert day.gettext(sentence) not in SENTENCES, sentence
