"""Every button that sends a change says what happens once it is pressed: on all pages, in whatever state they are."""

import re
from pathlib import Path

from bs4 import BeautifulSoup, Tag

import app

TEMPLATES = Path(app.__file__).parent / "templates"
PRETEND_BANK = "bank_challenge"
"""The pages of the sandbox's bank, which load no script of the portal."""
IN_ENGLISH = re.compile(r"""\{\{ (?:_|pgettext)\((?:"[^"]*", (?="))?"([^"]*)"[^}]*\) \}\}""")
"""A sentence that is translated, whose quotes would end the attribute for whoever reads the template as HTML."""
STRIPE = "payment_methods/stripe_form.html"
"""Stripe's own form: its script switches the button on, and says what happens."""


def buttons() -> list[tuple[str, Tag]]:
    """Return the buttons that send a form which changes something, each with its template."""
    found = []
    for path in sorted(TEMPLATES.rglob("*.html")):
        name = path.relative_to(TEMPLATES).as_posix()
        if name.startswith(PRETEND_BANK) or name == STRIPE:
            continue
        for button in BeautifulSoup(IN_ENGLISH.sub(r"\1", path.read_text()), "html.parser").find_all("button"):
            form = button.find_parent("form")
            is_read = form is not None and str(form.get("method", "get")).lower() == "get"
            if button.get("type") != "button" and not is_read and not button.get("aria-hidden"):
                found.append((name, button))
    return found


def test_every_button_that_sends_a_change_says_what_happens() -> None:
    found = buttons()
    assert len(found) > 30
    silent = [f"{name}: {' '.join(str(each).split())[:100]}" for name, each in found if not each.get("data-busy")]
    assert silent == []


def test_what_it_says_is_short_and_goes_on() -> None:
    assert [name for name, each in buttons() if not str(each["data-busy"]).endswith("…")] == [
        "payment_methods/_new.html"  # one of two, as the form needs
    ]
