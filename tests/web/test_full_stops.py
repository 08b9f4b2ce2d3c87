"""A name that ends with a full stop, such as that of an S.r.l., ends the sentence: there are not two."""

import re
from pathlib import Path

import pytest
from flask import Flask, render_template_string

TEMPLATES = Path(__file__).parents[2] / "app/templates"


@pytest.mark.parametrize(("name", "said"), [("Lumen S.r.l.", "It is Lumen S.r.l."), ("A & B", "It is A &amp; B.")])
def test_a_name_that_ends_with_a_full_stop_has_no_second(app: Flask, name: str, said: str) -> None:
    with app.test_request_context():
        assert render_template_string("It is {{ name|before_stop }}.", name=name) == said


def test_no_template_ends_a_sentence_with_a_bare_name() -> None:
    bare = re.compile(r"\{\{(?![^}]*before_stop)[^}]*(?:name|company) *\)? *\}\}\.")
    found = [
        f"{each.name}: {said}" for each in sorted(TEMPLATES.rglob("*.*")) for said in bare.findall(each.read_text())
    ]
    assert found == []
