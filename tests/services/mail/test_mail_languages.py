"""Every mail is whole in every language: its subject, its text and its HTML, and from right to left in Hebrew."""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unicodedata import bidirectional

import pytest
from bs4 import BeautifulSoup, Doctype
from flask import Flask
from jinja2 import StrictUndefined

import app as portal
from app import languages
from app.domain import language, mails
from app.domain.amounts import CreditUnit
from app.domain.money import Credits
from app.domain.rating import Tariff
from app.domain.subscriptions.choice import Interval
from app.domain.subscriptions.words import price_words
from app.gateways import smtp
from app.languages import PSEUDO
from app.models.customers import Customer
from app.services import below_zero
from app.services.mail import invoice_words, notice_text, payment_text, price_text
from app.services.mail.payment_text import Words
from app.web import filters
from tests.support import mail_facts

WHOLE = sorted(mails.KINDS - mails.TO_THE_SELLER)
WORD = re.compile(r"[A-Za-z]{2,}")
ADDRESS = re.compile(r"https?:\S+?(?=[\s)]|$)")
EVERYWHERE = ("UTC", "USD", "SEPA", "SSH", "PayPal", "VIES", "ZIP", "pdf")
"""What is called so in every language."""


@pytest.fixture(scope="module")
def templates() -> Iterator[None]:
    """The templates of mails, by an app that has nothing else."""
    made = Flask("mails", template_folder=str(Path(portal.__file__).parent / "templates"))
    made.jinja_env.undefined = StrictUndefined
    made.jinja_env.trim_blocks = made.jinja_env.lstrip_blocks = True
    languages.init_app(made)
    filters.init_app(made)
    with made.app_context():
        yield


def written(kind: str, name: str) -> Iterator[Words]:
    """Yield each variant of the mail in the language."""
    with language.using(name):
        for facts in mail_facts.of(kind):
            yield payment_text._written(kind, facts)


def read(html: str) -> Iterator[str]:
    """Yield what is read of a page, piece by piece."""
    page = BeautifulSoup(html, "html.parser")
    for each in page.select("style"):
        each.decompose()
    yield from (str(each) for each in page.find_all(string=True) if not isinstance(each, Doctype))


def plain(texts: Iterator[str]) -> list[str]:
    """Return what was not translated."""
    found = []
    for text in texts:
        rest = ADDRESS.sub("", text)
        for each in EVERYWHERE:
            rest = rest.replace(each, "")
        if WORD.search(rest):
            found.append(" ".join(text.split()))
    return found


@pytest.mark.parametrize("kind", WHOLE)
def test_a_mail_has_no_sentence_that_is_not_translated(templates: None, kind: str) -> None:
    for words in written(kind, PSEUDO):
        assert plain(iter([words.subject, *words.text.splitlines()])) == []
        assert plain(read(words.html)) == []


def customer(protection: int, exposure: int, invoiced: int) -> Customer:
    line = protection + exposure - invoiced
    micros = {"overage_protection": line, "exposure": exposure, "invoiced_overage": invoiced}
    return Customer(**{f"{name}_micros": value * 1_000_000 for name, value in micros.items()})


def test_what_a_mail_says_of_its_own_has_no_sentence_that_is_not_translated(templates: None) -> None:
    usd, found = CreditUnit("USD"), []
    with language.using(PSEUDO):
        for each in product((0, 50), (0, 200), (0, 20, 200, 250)):
            if each[2] <= each[0] + each[1]:
                found.append(below_zero.when_none_is_left(customer(*each), usd))
                left = [0, -each[0], each[2] - each[0] - each[1], -300]
                found += [below_zero.none_is_left(customer(*each), Credits(n * 1_000_000), usd) for n in left]
        for allowance, per, tiers in product((0, 5), (1, 1000), ([], [1])):
            meter: Any = SimpleNamespace(per=per, tiers=tiers, credits=Credits(5))
            found.append(notice_text.costs(Tariff(meter, allowance), "Ṁ", "ŕ", usd))
        for held in (0, 5):
            figures = {"used": Credits(9), "limit": Credits(10), "held": Credits(held)}
            found.append(notice_text.has_used(mail_facts.NAME, mail_facts.DAY, figures, usd))
        for interval in Interval:
            found.append(price_text.terms(interval, seller="Ŕ", plan="Ṕ", day="1"))
            found.append(price_words("1", interval))
        found += [invoice_words.at_a_glance(each) for each in mail_facts.of(mails.CREDIT_NOTE)]
    assert plain(iter(found)) == []


def test_a_sentence_that_is_not_translated_is_found(templates: None) -> None:
    words = next(written(mails.PASSWORD_CHANGED, "en"))
    assert "Your password was changed" in plain(iter([words.subject])) and plain(read(words.html))


@pytest.mark.parametrize("kind", WHOLE)
def test_a_mail_goes_from_right_to_left_in_hebrew(templates: None, kind: str) -> None:
    for words in written(kind, "he"):
        page = BeautifulSoup(words.html, "html.parser")
        for element in page.select("html, body"):
            assert (element["dir"], element.get("lang", "he")) == ("rtl", "he")
        assert {cell["align"] for cell in page.select("td.ink.line")} <= {"left"}
        assert {cell["align"] for cell in page.select("td.card, td.quiet")} == {"right"}
        assert words.subject.splitlines() == [words.subject]
        for line in (words.subject, *words.text.splitlines()):
            strong = [way for each in line if (way := bidirectional(each)) in {"L", "R"}]
            assert "R" not in strong or strong[0] == "R", line


@pytest.mark.parametrize("kind", WHOLE)
def test_html_and_text_say_the_same_of_each_mail(templates: None, kind: str) -> None:
    for name in ("en", "he"):
        for words in written(kind, name):
            page, text = BeautifulSoup(words.html, "html.parser"), " ".join(f"{words.subject}\n{words.text}".split())
            assert (page.html or {})["lang"] == name and not page.select("script, img, form, iframe, object")
            for link in page.select("a[href^=http]"):
                assert str(link["href"]) in text
            for row in page.select("tr:has(> td.line)"):
                title, value = (" ".join(cell.get_text().split()) for cell in row.select("td"))
                assert value in text, title
            assert "\n\n\n" not in words.text


def test_a_name_keeps_its_full_stop_among_words_from_right_to_left(templates: None) -> None:
    ended = f"{mail_facts.SELLER}\N{LEFT-TO-RIGHT MARK}"
    for words in written(mails.RECEIPT, "he"):
        assert ended in words.subject and ended in words.text and ended in words.html
    with language.using("he"):
        assert [payment_text.closed(each, each) for each in ("Acme", "", "12.", "אבג.")] == ["Acme", "", "12.", "אבג."]
    assert not any(ended in f"{words.text}{words.html}" for words in written(mails.RECEIPT, "de"))


def test_a_subject_from_right_to_left_travels_as_it_is(templates: None) -> None:
    words = next(written(mails.RECEIPT, "he"))
    assert "\N{RIGHT-TO-LEFT MARK}" in words.subject
    letter = smtp.Letter(
        id="mail_1", sender="a@b.example", sender_name="A", reply_to="", recipient="c@d.example", subject=words.subject,
        text=words.text, html=words.html, written_at=mail_facts.NOW,
    )  # fmt: skip
    came = message_from_bytes(smtp.written(letter).as_bytes(), policy=default)
    assert str(came["Subject"]).split() == words.subject.split()


def test_english_is_from_left_to_right(templates: None) -> None:
    words = next(written(mails.PASSKEY_ADDED, "en"))
    page = BeautifulSoup(words.html, "html.parser")
    assert [each["dir"] for each in page.select("html, body")] == ["ltr", "ltr"]
    assert {cell["align"] for cell in page.select("td.ink.line")} == {"right"} and not page.select("td.card[align]")
