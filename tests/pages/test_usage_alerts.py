"""Usage alerts: managers choose thresholds and addresses; each address confirms once by mail, and may stop again."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app import clock
from app.models.customers import Customer
from app.models.scope import as_customer
from app.services.alerts import thresholds
from app.services.mail import sending
from app.services.notices import decisions
from tests.support import cast, meters, post, usage_cast
from tests.support.browser import Browser, Page
from tests.support.usage_cast import USAGE, looks, uses

ALERT, ADDRESS = "#usage-alert_form", "#usage-email_form"
LINK = re.compile(r"http://localhost(/billing/confirm-email/[\w-]{43})\b")
OPS = "ops@acme.example"


@pytest.fixture(autouse=True)
def on_the_tenth() -> Iterator[None]:
    """It is the tenth of a month, at noon."""
    with clock.at(datetime(2026, 11, 10, 12, tzinfo=UTC)):
        yield


@pytest.fixture
def acme(app: Flask) -> Customer:
    """Acme on the paid plan: 5,000 requests at most, 1,000 of them and 2 users included."""
    return usage_cast.metered()


@pytest.fixture
def alice(app: Flask, origin: str, acme: Customer) -> Browser:
    """Alice, who manages Acme."""
    return looks(app, origin, acme)


def alerts(page: Page) -> list[str]:
    return page.texts("#usage-alert_list tbody tr th")


def adds(browser: Browser, meter: str, threshold: str, measure: str = "percent") -> Page:
    return browser.submits(browser.opens(USAGE), ALERT, meter=meter, threshold=threshold, measure=measure)


def asks(browser: Browser, email: str = OPS) -> Page:
    return browser.submits(browser.opens(USAGE), ADDRESS, email=email)


def link(customer: Customer) -> str:
    """Return the path of the link in the mail that was sent last."""
    sending.send_due()
    found = LINK.search(post.mails(customer)[-1].body_text)
    assert found
    return found[1]


def states(browser: Browser) -> dict[str, str]:
    """Return each address of the list with how it stands."""
    page = browser.opens(USAGE)
    rows = [row for row in page.soup.select(".table--alerts tr") if "@" in (row.th or row).get_text()]
    return {row.th.get_text(): row.select_one(".state").get_text() for row in rows}  # type: ignore[union-attr]


@pytest.mark.both_databases
def test_it_begins_without_any(alice: Browser) -> None:
    page = alice.opens(USAGE)
    assert "There is no usage alert yet." in page.text
    assert "While no address is confirmed, alerts go to the billing address billing@acme.example." in page.text


def test_an_alert_is_a_percentage_of_the_plan_or_a_quantity(alice: Browser) -> None:
    saved = adds(alice, "requests", "80")
    assert (saved.status, saved.redirects, saved.notices()) == (
        200,
        (f"{USAGE}?added=requests",),
        ["Usage alert added."],
    )
    adds(alice, "users", "50")
    page = adds(alice, "runs", "250", "quantity")
    assert alerts(page) == [
        "Requests: 80 % of your plan’s limit of 5,000 requests",
        "Runs: 250 runs",
        "Users: 50 % of the 2 users included",
    ]


@pytest.mark.parametrize(
    ("meter", "threshold", "measure", "error"),
    [
        ("requests", "", "percent", "Enter a whole number."),
        ("requests", "80.5", "percent", "Enter a percentage without decimals, such as 80."),
        ("requests", "-80", "percent", "Enter a percentage from 1 to 1,000."),
        ("requests", "٨٠", "percent", "Enter a percentage in digits, such as 80."),
        ("requests", "0", "percent", "Enter a percentage from 1 to 1,000."),
        ("requests", "1001", "percent", "Enter a percentage from 1 to 1,000."),
        ("requests", "1000000000000001", "quantity", "Enter a whole number from 1 to 1,000,000,000,000,000."),
        ("runs", "80", "percent", "Your plan has no limit for Runs and includes none of it"),
    ],
)
def test_what_is_refused_keeps_what_was_typed(
    alice: Browser, meter: str, threshold: str, measure: str, error: str
) -> None:
    page = adds(alice, meter, threshold, measure)
    assert page.status == 422
    assert len(page.errors()) == 1 and page.errors()[0].startswith(error)
    form = page.find(ALERT)
    chosen = [str(each["value"]) for each in form.select("option[selected]")]
    assert (page.value("threshold"), chosen) == (threshold, [meter, measure])
    assert page.soup.select("#usage-meters .meter"), "the rest of the page is there"


def test_the_same_alert_twice_is_refused(alice: Browser) -> None:
    adds(alice, "requests", "80")
    again = adds(alice, "requests", "80")
    assert (again.status, again.errors()) == (422, ["This alert exists already."])


def test_an_alert_is_removed(alice: Browser) -> None:
    page = adds(alice, "requests", "80")
    gone = alice.submits(page, "form[action*=removal]")
    assert gone.notices() == ["Usage alert removed."]
    assert "There is no usage alert yet." in gone.text


def test_it_says_how_far_each_is_and_when_it_was_sent(alice: Browser, acme: Customer) -> None:
    adds(alice, "requests", "80")
    uses(acme, "requests", 3999)
    assert "Not reached · now 3,999 requests" in alice.opens(USAGE).texts(".table--alerts tbody td")[0]
    uses(acme, "requests", 1)
    decisions.decide_due(10)
    assert alice.opens(USAGE).texts(".table--alerts tbody td")[0] == "Reached · notified on 10 Nov 2026, 12:00 UTC"


def test_page_and_fragment_agree(alice: Browser) -> None:
    page = alice.opens(USAGE)
    data = {"csrf_token": page.value("csrf_token"), "meter": "requests", "threshold": "80", "measure": "percent"}
    fragment = alice.posts(f"{USAGE}alerts", data, **{"HX-Request": "true"})
    assert fragment.status == 200 and not fragment.soup.select("html")
    parts = [each.find("#usage-alerts") for each in (fragment, alice.opens(f"{USAGE}?added=requests"))]
    for token in [each for part in parts for each in part.select("[name=csrf_token]")]:
        token.decompose()  # it says when it was made
    del parts[0].find("h2")["autofocus"]  # type: ignore[union-attr]  # where the reader goes on after a change
    assert parts[0] == parts[1]
    assert fragment.texts("#notices .toast__text") == ["Usage alert added."]


def test_an_address_confirms_once_by_mail_and_opening_the_link_is_not_enough(
    alice: Browser, visitor: Browser, acme: Customer
) -> None:
    page = asks(alice, " Ops@ACME.example ")
    assert page.notices() == ["An e-mail asks ops@acme.example to confirm usage alerts."]
    path = link(acme)
    mail = post.mail(acme)
    assert (mail.recipient, mail.subject) == (OPS, "Usage alerts of Acme: confirm your address")
    assert "somebody at Acme gave this address" in mail.body_text and path in mail.body_html
    for _ in range(2):
        opened = visitor.opens(path)
        assert opened.status == 200 and OPS in opened.text
        assert opened.texts(".brand__names") == ["Metered Ltd Billing"]
        assert states(alice) == {OPS: "Not confirmed"}
    confirmed = visitor.submits(opened, "main form")
    assert (confirmed.status, confirmed.texts("h1")) == (200, ["This address is confirmed"])
    assert states(alice) == {OPS: "Confirmed"}
    again = visitor.posts(path, {"csrf_token": opened.value("csrf_token")})
    assert again.texts("h1") == ["This address is confirmed"]
    assert "While no address is confirmed" not in alice.opens(USAGE).text


def test_who_reads_the_mail_may_stop_the_alerts(alice: Browser, visitor: Browser, acme: Customer) -> None:
    asks(alice)
    path = link(acme)
    page = visitor.submits(visitor.opens(path), "main form")
    stopped = visitor.submits(page, "main form")
    assert (stopped.status, stopped.texts("h1")) == (200, ["These alerts are stopped"])
    assert stopped.texts(".brand__names") == ["Metered Ltd Billing"]
    assert states(alice) == {}
    assert visitor.opens(f"{path}/stop").texts("h1") == ["These alerts are stopped"], "and loaded again it says so"
    over = visitor.opens(path)
    assert over.status == 404 and "Its alerts were stopped, or a newer e-mail has another link" in over.text


def test_a_link_confirms_for_seven_days(alice: Browser, visitor: Browser, acme: Customer) -> None:
    asks(alice)
    path = link(acme)
    with clock.at(clock.now() + timedelta(days=7, seconds=-1)):
        token = visitor.opens(path).value("csrf_token")
    with clock.at(clock.now() + timedelta(days=7)):
        for page in (visitor.opens(path), visitor.posts(path, {"csrf_token": token})):
            assert (page.status, page.texts("h1")) == (410, ["This link has expired"])
            assert page.texts(".brand__names") == ["Metered Ltd Billing"]
    with as_customer(acme.customer_id):
        assert thresholds.current().recipients[0].confirmed_at is None


def test_a_link_that_never_was_does_not_work(visitor: Browser, app: Flask) -> None:
    for token in ("a" * 43, "a", "a" * 5000, "%E2%98%83"):
        page = visitor.opens(f"/billing/confirm-email/{token}")
        assert (page.status, page.texts("h1")) == (404, ["This link does not work"])


def test_an_address_is_asked_again_with_a_new_link_but_not_at_once(
    alice: Browser, visitor: Browser, acme: Customer
) -> None:
    page = asks(alice)
    old = link(acme)
    assert page.soup.select("form[action$=mail]") == [], "what would be refused is not offered"
    assert "you can ask again from 10 Nov 2026, 12:10 UTC" in page.text
    soon = alice.posts(f"{USAGE}addresses/mail", {"csrf_token": page.value("csrf_token"), "email": OPS})
    assert soon.status == 409
    assert soon.errors()[0].startswith(f"{OPS}: A mail went there less than ten minutes ago.")
    with clock.at(clock.now() + timedelta(minutes=10)):
        page = alice.opens(USAGE)
        assert alice.submits(page, "form[action$=mail]").notices()[0].startswith("A new e-mail asks ops@acme.example")
        new = link(acme)
        assert new != old and visitor.opens(old).status == 404
        assert visitor.submits(visitor.opens(new), "main form").texts("h1") == ["This address is confirmed"]


@pytest.mark.parametrize(
    ("email", "error"),
    [
        ("", "Enter an e-mail address, such as name@example.com."),
        ("ops", "Enter an e-mail address, such as name@example.com."),
        (f"{'a' * 250}@acme.example", "Enter an e-mail address, such as name@example.com."),
    ],
)
def test_what_is_no_address_is_refused(alice: Browser, acme: Customer, email: str, error: str) -> None:
    page = asks(alice, email)
    assert (page.status, page.errors(), page.value("email")) == (422, [error], email)
    assert post.mails(acme) == []


def test_there_are_at_most_as_many_addresses_as_the_catalog_says(alice: Browser) -> None:
    for number in range(10):
        asks(alice, f"{number}@acme.example")
    page = asks(alice)
    assert (page.status, page.errors()) == (
        422,
        ["Usage alerts go to at most 10 addresses. Remove one to add another."],
    )


def test_nobody_can_be_flooded_with_mails_by_removing_and_adding(alice: Browser, acme: Customer) -> None:
    for number in range(30):
        thresholds.add_email(acme.customer_id, f"{number}@acme.example", actor="test")
        thresholds.remove_email(acme.customer_id, f"{number}@acme.example", actor="test")
    page = asks(alice)
    assert (page.status, page.errors()) == (409, ["30 addresses were asked within a day. Wait until tomorrow."])
    with clock.at(clock.now() + timedelta(days=1)):
        assert thresholds.add_email(acme.customer_id, OPS, actor="test").recipients[0].email == OPS


def test_an_address_is_removed_before_its_mail_is_sent(alice: Browser, acme: Customer) -> None:
    page = alice.submits(asks(alice), "form[action$='addresses/removal']")
    assert page.notices() == [f"{OPS} no longer receives usage alerts."]
    sending.send_due()
    assert [each.state for each in post.mails(acme)] == ["dropped"]


def test_a_viewer_may_change_nothing(app: Flask, origin: str, acme: Customer, alice: Browser) -> None:
    adds(alice, "requests", "80")
    asks(alice)
    with as_customer(acme.customer_id):
        before = thresholds.current()
    bob = looks(app, origin, acme, cast.BOB)
    page = bob.opens(USAGE)
    assert page.soup.select("#usage-alerts form") == []
    token = {"csrf_token": bob.opens(USAGE).value("csrf_token")}
    for path in ("alerts", f"alerts/{before.alerts[0].id}/removal", "addresses", "addresses/removal", "addresses/mail"):
        assert bob.posts(f"{USAGE}{path}", token | {"email": OPS}).status == 403
    with as_customer(acme.customer_id):
        assert thresholds.current() == before


def test_another_customers_alert_is_not_found(app: Flask, origin: str, acme: Customer, alice: Browser) -> None:
    adds(alice, "requests", "80")
    asks(alice)
    with as_customer(acme.customer_id):
        before = thresholds.current()
    mallory = looks(app, origin, meters.customer("Globex", plan="paid"), cast.MALLORY)
    token = {"csrf_token": mallory.opens(USAGE).value("csrf_token"), "email": OPS}
    for path in (f"alerts/{before.alerts[0].id}/removal", "addresses/removal"):
        assert mallory.posts(f"{USAGE}{path}", token).status == 404
    assert mallory.posts(f"{USAGE}addresses/mail", token).status == 404
    with as_customer(acme.customer_id):
        assert thresholds.current() == before


def test_a_stranger_changes_nothing(visitor: Browser, acme: Customer) -> None:
    for path in ("alerts", "addresses", "addresses/removal", "addresses/mail"):
        answer = visitor.client.post(f"{USAGE}{path}", base_url=visitor.origin, headers={"Origin": visitor.origin})
        assert answer.status_code == 303 and "/sign-in" in answer.location
