"""The language of documents: chosen on Invoice notifications or on Profile, and put back in Activity."""

import pytest

from app.domain import language
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_service
from tests.support.browser import Browser

PATH, PROFILE, ACTIVITY = "/billing/invoice-notifications/", "/account/profile/", "/account/activity/"
FORM, UPDATE = "form[aria-label='Invoice notifications']", "#invoice_notifications-save"


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "OFFERED", ("en", "de", "he"))


def spoken(customer: Customer) -> str:
    with as_service("read a language"):
        return db.session.get_one(Customer, customer.customer_id, populate_existing=True).language


@pytest.mark.usefixtures("offered")
def test_a_manager_chooses_the_language_of_documents_and_activity_puts_it_back(
    alice: Browser, bob: Browser, acme: Customer
) -> None:
    page = alice.opens(PATH)
    assert [each["value"] for each in page.soup.select("#language option")] == ["en", "de", "he"]
    saved = alice.submits(page, FORM, button=UPDATE, language="de")
    assert (spoken(acme), saved.value("language")) == ("de", "de")
    entries = alice.opens(ACTIVITY)
    assert "language: English → German" in entries.text
    assert alice.submits(entries, "#activity-list tbody tr:nth-of-type(1) form").notices() == [
        "It is as it was before that change."
    ]
    assert spoken(acme) == "en"
    seen = bob.opens(PATH)
    assert not seen.soup.select("#language") and "Language of documents" in seen.text and "English" in seen.text


@pytest.mark.usefixtures("offered")
def test_a_language_that_is_not_offered_is_refused_beside_its_field(alice: Browser, acme: Customer) -> None:
    page = alice.opens(PATH)
    typed = {"csrf_token": page.value("csrf_token"), "version": "0", "billing_email": acme.email}
    for wanted in ("xx", "fr", "de-AT", "D" * 40):
        refused = alice.posts(PATH, {**typed, "language": wanted})
        assert (refused.status, refused.errors()) == (422, ["Choose one of the languages."])
    assert alice.posts(PATH, typed).status in {200, 303}  # a form without it leaves it
    assert spoken(acme) == "en"


def test_where_one_language_is_offered_nothing_is_asked(alice: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "OFFERED", ("en",))
    assert "Language of documents" not in alice.opens(PATH).text
    assert "Also for invoices" not in alice.opens(PROFILE).text


@pytest.mark.usefixtures("offered")
def test_the_language_of_a_profile_is_that_of_documents_where_a_manager_says_so(
    alice: Browser, bob: Browser, acme: Customer
) -> None:
    alice.submits(alice.opens(PROFILE), "#profile-form", language="de")
    assert spoken(acme) == "en"
    alice.submits(alice.opens(PROFILE), "#profile-form", language="he", documents="y")
    assert spoken(acme) == "he"
    assert spoken(acme) == "he"
    page = bob.opens(PROFILE)
    assert not page.soup.select("[name=documents]")
    typed = {"csrf_token": page.value("csrf_token"), "name": "Bob", "language": "de", "documents": "y"}
    assert bob.posts(PROFILE, typed).status == 200
    assert spoken(acme) == "he"


@pytest.mark.usefixtures("offered")
def test_the_profile_names_the_language_that_documents_will_have(alice: Browser, acme: Customer) -> None:
    """A browser's own is that of this browser, and not the one that the member had chosen before."""
    wants = {"Accept-Language": "de-AT,de;q=0.9"}
    page = alice.opens(PROFILE, **wants)
    assert "Die oben gewählte Sprache; „Wie der Browser“ ist hier Deutsch." in page.text
    alice.submits(alice.opens(PROFILE), "#profile-form", language="he")
    page = alice.opens(PROFILE, **wants)
    typed = {"csrf_token": page.value("csrf_token"), "name": "Alice", "language": "", "documents": "y"}
    saved = alice.posts(PROFILE, typed, **wants)
    assert spoken(acme) == "de"
    assert saved.notices() == [
        "Ihr Profil ist gespeichert. Sprache der Rechnungen und E-Mails von Acme ab jetzt: Deutsch."
    ]
    saved = alice.posts(PROFILE, typed | {"language": "he"}, **wants)
    assert spoken(acme) == "he" and "עברית" in saved.notices()[0]
