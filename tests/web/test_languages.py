"""Each piece of work has a language of its own: a request that of its reader, a program English."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from flask import Flask, render_template_string

from app import languages, locale
from app.domain import language
from app.domain.amounts import CreditUnit
from app.domain.errors import Refused
from app.domain.language import _, ngettext
from app.domain.money import Credits, Money
from app.domain.tax import words
from app.domain.tax.treatment import Category, Reason, Treatment
from app.forms import amounts
from app.models.customers import Customer
from app.services.people import profiles
from tests.architecture.source import modules, named
from tests.support.browser import Browser

PROFILE = "/account/profile/"
ALL = ("en", "de", "fr", "es", "he")


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "OFFERED", (*ALL, languages.PSEUDO))


def test_english_is_what_the_sources_say_and_no_catalog_is_asked() -> None:
    assert _("Saved {n}") == "Saved {n}" and _("Saved {what}.", what="it") == "Saved it."
    assert [ngettext("{n} day", "{n} days", each) for each in (1, 2)] == ["1 day", "2 days"]


def test_a_sentence_ends_with_one_full_stop_after_a_short_day_that_has_one(app: Flask) -> None:
    with app.test_request_context(), language.using("fr"):
        day = locale.short_day(date(2026, 11, 30))
        said = _("Your payment of {amount} failed on {day}.", amount="$5.00", day=day)
        in_a_page = render_template_string("{{ _('Until {day} everything stays as it is.', day=day) }}", day=day)
        assert said.endswith("30 nov.") and not said.endswith("..") and ".." not in in_a_page
        assert ".." not in _(
            "Your payment of {amount} failed on {day}.", amount="$5.00", day=locale.day(date(2026, 5, 1))
        )


def test_a_language_ends_with_the_work_that_it_belongs_to(app: Flask) -> None:
    with language.using("de"):
        assert _("Save changes") == "Änderungen speichern"
        with language.using("he"):
            assert language.direction(language.current()) == "rtl"
        assert language.current() == "de"
    assert language.current() == "en"


def test_a_browser_reads_its_own_language_and_the_next_one_another(offered: None, visitor: Browser) -> None:
    for asked, found in (("de-AT,de;q=0.9,en;q=0.1", "de"), ("pt-BR, fr;q=0.5", "fr"), ("tlh", "en"), ("iw, he", "he")):
        page = visitor.opens("/sign-in", **{"Accept-Language": asked})
        html = page.find("html")
        assert (html["lang"], html.get("dir")) == (found, "rtl" if found == "he" else None)
        assert language.current() == "en"
    assert visitor.opens("/sign-in", **{"Accept-Language": "\u00ff;q=a,,"}).status == 200


def test_a_member_reads_the_language_chosen_whatever_the_browser_asks_for(
    offered: None, alice: Browser, bob: Browser
) -> None:
    saved = alice.submits(alice.opens(PROFILE), "#profile-form", language="fr")
    assert saved.notices() == ["Votre profil est enregistré."] and saved.texts("h1") == ["Profil"]
    assert alice.opens(PROFILE, **{"Accept-Language": "de"}).find("html")["lang"] == "fr"
    assert bob.opens(PROFILE, **{"Accept-Language": "de"}).find("html")["lang"] == "de"
    assert bob.opens(PROFILE).find("html")["lang"] == "en"


def test_five_languages_are_offered_and_no_other_is_taken(alice: Browser) -> None:
    page = alice.opens(PROFILE, **{"Accept-Language": "pt, xx"})
    assert page.find("html")["lang"] == "en"
    assert [each["value"] for each in page.soup.select("[name=language] option")] == ["", "en", "de", "fr", "es", "he"]
    sent = {"csrf_token": page.value("csrf_token"), "name": "Alice", "language": "pt"}
    assert alice.posts(PROFILE, sent).status == 422


def test_a_program_is_answered_in_english_whatever_the_process_did_last(
    offered: None, app: Flask, alice: Browser, acme: Customer
) -> None:
    alice.submits(alice.opens(PROFILE), "#profile-form", language="de")
    alice.opens("/nowhere")
    answer = app.test_client().get("/v1/customers", headers={"Accept-Language": "de"})
    assert answer.get_json()["detail"] == "Send a valid API key: Authorization: Bearer sk_…"
    with language.using("de"), pytest.raises(Refused) as refused:
        profiles.replace("mem_none", acme.customer_id, profiles.Profile(name=" "))
    assert refused.value.sentence == "Geben Sie Ihren vollständigen Namen ein."


@pytest.mark.parametrize(
    ("name", "money", "price", "day", "moment", "country"),
    [
        ("en", "−$1,234.50", "CHF 0.0125", "21 Nov 2026", "21 Nov 2026, 09:05 UTC", "Germany"),
        ("de", "−1.234,50 $", "0,0125 CHF", "21. Nov. 2026", "21. Nov. 2026, 09:05 UTC", "Deutschland"),
        ("fr", "−1\u202f234,50 $", "0,0125 CHF", "21 nov. 2026", "21 nov. 2026, 09:05 UTC", "Allemagne"),
        ("es", "−1.234,50 $", "0,0125 CHF", "21 nov 2026", "21 nov 2026, 09:05 UTC", "Alemania"),
        ("he", "\u200f\u200e−1,234.50 \u200f$", "\u200f0.0125 \u200fCHF", "21 בנוב׳ 2026", "21 בנוב׳ 2026, 09:05 UTC", "גרמניה"),
    ],
)  # fmt: skip
def test_numbers_days_and_countries_are_written_as_its_readers_do(
    name: str, money: str, price: str, day: str, moment: str, country: str
) -> None:
    at = datetime(2026, 11, 21, 9, 5, tzinfo=UTC)
    with language.using(name):
        found = (
            locale.exact(Money(-123450, "USD")),
            locale.in_currency(Decimal("0.0125"), "CHF"),
            locale.day(date(2026, 11, 21)),
            locale.moment(at),
            locale.country("DE"),
        )
        assert found == (money.replace(" ", "\u00a0"), price.replace(" ", "\u00a0"), day, moment, country)


@pytest.mark.parametrize("name", ALL)
def test_what_a_page_writes_is_read_as_the_same(name: str) -> None:
    with language.using(name):
        for value in (Money(123450, "USD"), Money(-5, "USD"), Money(1234567890, "USD")):
            assert amounts.money(locale.exact(value), "USD") == value


def test_what_stands_before_a_number_stays_on_its_left_from_right_to_left() -> None:
    usd = CreditUnit("USD")
    for value, written in (
        (Credits(25_000_000), "\u200f\u200e+25.00\N{NO-BREAK SPACE}\u200f$"),
        (Credits(1), "\u200f\u200e+<0.01\N{NO-BREAK SPACE}\u200f$"),
        (Credits(-1), "\u200f\u200e−<0.01\N{NO-BREAK SPACE}\u200f$"),
    ):
        with language.using("he"):
            assert locale.amount(value, usd, sign=True) == written


def test_a_unit_stays_behind_its_number_from_right_to_left() -> None:
    """As a currency's sign does, below zero too: else the marks of a minus sign turned the two around."""
    tokens = CreditUnit("tokens")
    with language.using("he"):
        found = [locale.exact(Credits(each * 1_000_000), tokens) for each in (5, -5)] + [locale.counted(20, "MB")]
    assert found == [
        "\u200f5\N{NO-BREAK SPACE}\u200ftokens",
        "\u200f\u200e−5\N{NO-BREAK SPACE}\u200ftokens",
        "\u200f20 \u200fMB",
    ]
    assert locale.exact(Credits(5_000_000), tokens) == "5\N{NO-BREAK SPACE}tokens"


def test_a_latin_name_keeps_its_full_stop_from_right_to_left(app: Flask) -> None:
    sentence = "{customer} has {credits} of credit again."
    with app.test_request_context(), language.using("he"):
        said = [_(sentence, customer=each, credits="x") for each in ("Acme Inc.", "Acme", "חברה בע״מ.")]
        page = render_template_string("{{ _('" + sentence + "', customer='Acme Inc.', credits='x') }}")
    assert ["\u200e" in each for each in said] == [True, False, False]
    assert "Acme Inc.\u200e" in said[0] and "Acme Inc.\u200e" in page
    with language.using("de"):
        assert "\u200e" not in _(sentence, customer="Acme Inc.", credits="x")


def test_a_hebrew_prefix_has_a_maqaf_before_digits_and_latin_letters_alone(app: Flask) -> None:
    with app.app_context(), language.using("he"):
        assert _("{some} and {last}", some="חשבוניות", last="הודעות") == "חשבוניות והודעות"
        assert _("{some} and {last}", some="Ada", last="Ben") == "Ada ו־Ben"
        in_a_page = "{{ _('{some} and {last}', some=some, last=last) }}"
        assert render_template_string(in_a_page, some="א", last="ב") == "א וב"


def test_what_is_composed_is_read_as_its_page_and_a_name_by_its_own_letters(app: Flask) -> None:
    row = "{% from 'mail/_pieces.html' import row %}{{ row('Visa', value) }}"
    with app.test_request_context():
        for name, value, way in (("he", "Visa בסיומת 4242", "rtl"), ("he", "Acme Inc.", "auto"), ("de", "דנה", "auto"), ("de", "דנה, mit API-Token", "ltr")):  # fmt: skip
            with language.using(name):
                assert language.direction_of(value) == way
        with language.using("he"):
            written = render_template_string(row, value="Visa בסיומת 4242")
    assert 'dir="rtl" align="left"' in written and 'dir="auto" align="right"' in written


@pytest.mark.parametrize(("name", "typed"), [("de", "12.50"), ("fr", "12.50"), ("es", "1,250.00"), ("he", "12,50"), ("en", "1.250,00")])  # fmt: skip
def test_what_another_language_means_by_its_marks_is_refused_and_never_guessed(name: str, typed: str) -> None:
    with language.using(name), pytest.raises(Refused):
        amounts.money(typed, "USD")


def test_thousands_apart_by_any_space_are_read_where_the_language_sets_a_space() -> None:
    with language.using("fr"):
        for space in (" ", "\u00a0", "\u202f"):
            assert amounts.credits(f"1{space}250,50", "limit", CreditUnit("USD")).micros == 1_250_500_000  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("name", "title"), [("en", "VAT 7.7 %"), ("de", "USt. 7,7 %"), ("fr", "TVA 7,7 %"), ("he", "מע״מ \u200f7.7\xa0%")]
)
def test_a_tax_is_called_as_the_language_does(app: Flask, name: str, title: str) -> None:
    taxed = Treatment(Category.STANDARD, Decimal("7.70"), "VAT", "CH", Reason.STANDARD, "", "CH1")
    with language.using(name):
        assert words.title(taxed, locale.number) == title


def test_the_pseudo_language_leaves_values_and_markup_alone() -> None:
    assert languages.accented("Ask <b>{who}</b>&nbsp;now.") == "Åšķ <b>{who}</b>&nbsp;ñöŵ.··"


def test_the_host_says_the_language_of_its_frame(offered: None) -> None:
    """See `tests/api/test_portal_sessions.py` for how a frame begins."""
    assert [language.offered(each) for each in ("de-CH", "DE", "en-GB", "pt-BR", "", "xx")] == [
        "de",
        "de",
        "en",
        "",
        "",
        "xx",
    ]


def test_what_is_kept_by_pages_is_kept_in_each_language() -> None:
    """A function that remembers what it said asks `remembered` for it: `lru_cache` knows no language."""
    found = [
        named(path) for path in modules("blueprints", "forms", "presenters", "web") if "lru_cache" in path.read_text()
    ]
    assert found == ["app/web/assets.py"]


def test_what_is_typed_is_read_as_its_own_page_wrote_it(alice: Browser, acme: Customer) -> None:
    """The member chose another language in another window meanwhile: a thousand stays a thousand."""
    path, form = "/billing/spend-management/", "form:has([name=daily_limit])"
    english = alice.opens(path)
    alice.submits(alice.opens(PROFILE), "#profile-form", language="de")
    saved = alice.submits(english, form, enabled=True, daily_limit="1,250", notify_threshold="")
    assert (saved.find("html")["lang"], saved.value("daily_limit")) == ("de", "1250,00")
    german = alice.opens(path)
    alice.submits(alice.opens(PROFILE), "#profile-form", language="en")
    refused = alice.submits(german, form, daily_limit="1.250,5", notify_threshold="x")
    assert (refused.status, refused.value("daily_limit")) == (422, "1.250,5")
    saved = alice.submits(refused, form, daily_limit="1.250,5", notify_threshold="")
    assert saved.value("daily_limit") == "1250.50" and not saved.soup.select("[name=typed_in]")


def test_the_review_of_an_amount_reads_it_as_its_own_page_wrote_it(alice: Browser, acme: Customer) -> None:
    """Without JavaScript the review is a page of its own, and its address says the language of the amount."""
    path = "/billing/add-credits/"
    alice.submits(alice.opens(PROFILE), "#profile-form", language="de")
    german = alice.opens(path)
    token = german.value("csrf_token")
    alice.submits(alice.opens(PROFILE), "#profile-form", language="en")
    sent = {
        "csrf_token": token,
        "typed_in": "de",
        "form_key": german.value("form_key"),
        "amount": "12,50",
        "method": "new",
    }
    review = alice.posts(path, sent)
    assert (review.status, review.value("amount"), "typed_in=de" in review.response.request.query_string.decode()) == (
        200,
        "12.50",
        True,
    )
    assert "Enter" not in "".join(review.errors())
