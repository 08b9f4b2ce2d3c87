"""Activity: every change is said in plain words to who manages the customer, and settings are undone within a day."""

from datetime import timedelta

import pytest
from flask import Flask

from app import clock
from app.domain.addresses.address import Address
from app.domain.amounts import CreditUnit
from app.domain.errors import Refused
from app.domain.mails import Topic
from app.domain.money import Credits
from app.domain.people.activity import UNDO_WITHIN
from app.domain.people.members import Actor
from app.domain.spend_management import Limits
from app.domain.usage_alerts import Threshold
from app.models import written
from app.models.customers import Customer
from app.models.scope import as_customer, as_service
from app.presenters.people.activity import Reader
from app.services import audit
from app.services.access import api_tokens
from app.services.alerts import thresholds
from app.services.catalog import versions
from app.services.customers import address as addresses
from app.services.customers import invoice_recipients
from app.services.people import access_links, activity, activity_undo
from app.services.spend_management import limits
from app.services.transaction import transaction
from tests.reference import files_by_cell
from tests.support.api import Api
from tests.support.browser import Browser, Page
from tests.support.host import IN_A_FRAME, host_of
from tests.support.statements import counted

PATH = "/account/activity/"


def limited(actor: Actor, dollars: int, version: int) -> None:
    wanted = Limits(True, Credits(dollars * 1_000_000), None, version)
    limits.change(actor.customer_id, wanted, webhook_url=None, by=actor.member_id, address="192.0.2.7")


def sentences(page: Page) -> list[str]:
    return page.texts("#activity-list th[scope=row]")


def undoes(browser: Browser, number: int = 0) -> Page:
    page = browser.opens(PATH)
    path = str(page.soup.select("#activity-list form")[number]["action"])
    return browser.posts(path, {"csrf_token": page.value("csrf_token")})


def limit(customer: Customer) -> int | None:
    with as_customer(customer.customer_id):
        now = limits.current(customer, versions.of(customer))
    return now.daily_limit.micros if now.daily_limit else None


@pytest.mark.both_databases
def test_a_change_is_said_from_what_to_what_and_undone(
    alice: Browser, alice_actor: Actor, acme: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited(alice_actor, 5, 0)
    limited(alice_actor, 9, 1)
    page = alice.opens(PATH)
    assert sentences(page)[0] == "Changed the limits of Spend management daily limit: $5.00 → $9.00"
    assert page.texts("#activity-list td:nth-of-type(2)")[0] == "Alice Archer"
    assert page.texts("#activity-list td:nth-of-type(3)")[0] == "192.0.2.7"
    monkeypatch.setattr(written, "CHUNK", 2)
    file = alice.opens(f"{PATH}activity.csv").response.data
    entries = activity.listed(acme.customer_id, activity.ActivityQuery())[0]
    reader = Reader(CreditUnit("USD"), "USD", versions.of(acme), {}.get, in_codes=True)
    assert len(entries) > 3 and file.endswith(files_by_cell.of_activity(entries, reader).encode())
    undone = undoes(alice)
    assert undone.notices() == ["It is as it was before that change."]
    assert sentences(undone)[0] == "Changed the limits of Spend management daily limit: $9.00 → $5.00"
    assert limit(acme) == 5_000_000


def test_what_was_and_what_is_are_read_from_right_to_left_in_hebrew(alice: Browser, alice_actor: Actor) -> None:
    """Each value keeps its own direction, and the arrow points the way in which the line is read."""
    limited(alice_actor, 5, 0)
    limited(alice_actor, 9, 1)
    line = alice.opens(PATH, **{"Accept-Language": "he"}).soup.select("#activity-list th small")[0]
    was, now = line.select("bdi")
    assert ("5.00" in was.text, "9.00" in now.text) == (True, True)
    assert "←" in line.text and "→" not in line.text


def test_what_is_kept_as_a_code_is_said_in_words_and_a_file_has_the_code(alice: Browser, acme: Customer) -> None:
    with as_service("a charge"), transaction() as session:
        was, now = {"standing": "good"}, {"standing": "past_due", "emails": ["john_doe@acme.example"]}
        audit.record(session, acme.customer_id, "dunning", "account.past_due", acme.customer_id, was, now)
    said = sentences(alice.opens(PATH, **{"Accept-Language": "de"}))[0]
    assert "Status: nichts überfällig → überfällig" in said and "john_doe@acme.example" in said
    file = alice.opens(f"{PATH}activity.csv", **{"Accept-Language": "de"}).response.text
    assert "standing,good,past_due" in file and "john_doe@acme.example" in file


def test_nothing_is_undone_over_a_later_change(alice: Browser, alice_actor: Actor, acme: Customer) -> None:
    """Also where the later changes ended with the same value."""
    limited(alice_actor, 5, 0)
    limited(alice_actor, 9, 1)
    limited(alice_actor, 7, 2)
    limited(alice_actor, 9, 3)
    refused = undoes(alice, 2)
    assert "changed again later" in refused.notices()[0] and limit(acme) == 9_000_000
    once = undoes(alice)
    assert once.status == 200 and limit(acme) == 7_000_000
    assert "changed again later" in undoes(alice, 1).notices()[0], "what was undone is not undone twice"


def test_after_a_day_and_for_charges_there_is_no_undo(alice: Browser, alice_actor: Actor, acme: Customer) -> None:
    start = clock.now()
    with clock.at(start):
        limited(alice_actor, 5, 0)
        with as_service("a charge"), transaction() as session:
            audit.record(
                session,
                acme.customer_id,
                alice_actor.member_id,
                "top_up.wished",
                "pay_1",
                after={"amount_minor": 2500, "currency": "USD"},
            )
    with clock.at(start + timedelta(minutes=1)):
        page = alice.opens(PATH)
        assert sentences(page)[0] == "Ordered credit amount: $25.00"
        rows = page.soup.select("#activity-list tbody tr")
        assert not rows[0].select("form") and rows[1].select("form")
        path = str(rows[1].select("form")[0]["action"])
    with clock.at(start + UNDO_WITHIN), pytest.raises(Refused) as refused:
        activity_undo.undo(alice_actor, path.split("/")[-2])
    assert refused.value.reason == "undo_too_late"


def test_address_recipients_and_alerts_are_put_back(
    app: Flask, alice: Browser, alice_actor: Actor, acme: Customer
) -> None:
    by = alice_actor.member_id
    paris = Address(company="Acme SA", line1="1 rue de Rivoli", city="Paris", postal_code="75001", country="FR")
    addresses.change(acme.customer_id, paris, "7", 0, by=by)
    moved = Address(company="Acme SA", line1="2 rue de Rivoli", city="Paris", postal_code="75001", country="FR")
    addresses.change(acme.customer_id, moved, "7", 1, by=by)
    assert undoes(alice).notices() == ["It is as it was before that change."]
    with as_customer(acme.customer_id):
        assert addresses.current(acme.customer_id).address == paris
    recipients = {"books@acme.example": frozenset({Topic.INVOICES})}
    now = invoice_recipients.replace(acme.customer_id, acme.email, recipients, 0, by=by)
    invoice_recipients.replace(acme.customer_id, "other@acme.example", recipients, now.version, by=by)
    assert "once it has confirmed by mail" in undoes(alice).notices()[0]
    assert undoes(alice, 1).notices() == ["It is as it was before that change."]
    with as_customer(acme.customer_id):
        assert invoice_recipients.current(acme.customer_id).recipients == ()
    thresholds.add(acme.customer_id, Threshold("requests", 1_000), actor=by)
    gone = thresholds.add(acme.customer_id, Threshold("requests", 2_000), actor=by)
    thresholds.remove(acme.customer_id, gone.alerts[-1].id, actor=by)
    assert undoes(alice).notices() == ["It is as it was before that change."]
    with as_customer(acme.customer_id):
        assert len(thresholds.current().alerts) == 2


def test_it_is_narrowed_by_person_area_and_days_and_paged(
    alice: Browser, alice_actor: Actor, bob_actor: Actor, acme: Customer
) -> None:
    start = (clock.now() - timedelta(days=3)).replace(hour=9, minute=0)
    day = str((start + timedelta(days=1)).date())
    for number in range(30):
        with clock.at(start + timedelta(hours=number)):
            access_links.make(alice_actor, f"Ann {number}", 7) if number < 15 else limited(
                alice_actor, number, number - 15
            )
    page = alice.opens(PATH)
    assert len(sentences(page)) == 25
    assert len(sentences(alice.follows(page, ".pager__older"))) >= 5
    of_people = alice.submits(page, "#activity-filters", area="people", person=alice_actor.member_id)
    assert len(sentences(of_people)) == 15 and "Ann 14" in sentences(of_people)[0]
    one_day = alice.submits(page, "#activity-filters", first=day, last=day, area="limits")
    assert len(sentences(one_day)) == 15
    assert sentences(alice.submits(page, "#activity-filters", person=bob_actor.member_id)) == []
    assert "No entry matches." in alice.opens(f"{PATH}?person=mem_other").text
    assert alice.opens(f"{PATH}?area=nothing&first=never").status == 200
    file = alice.opens(f"{PATH}activity.csv?area=limits").response.text.splitlines()
    assert len(file) > 15 and file[0].startswith("when,who,area,what,field,before,after")
    with counted() as seen:
        alice.opens(PATH)
    assert len(seen) <= 6, seen


def test_what_somebody_did_by_an_api_token_is_theirs(
    app: Flask, alice: Browser, alice_actor: Actor, bob_actor: Actor, acme: Customer
) -> None:
    path, pages = f"/customers/{acme.customer_id}/spend_management", ("", "activity.csv")
    program = Api(app, api_tokens.make(alice_actor, "a program", ["billing:read", "billing:write"], None))
    limits = {"enabled": True, "daily_limit": "7", "notify_threshold": None, "webhook_url": None, "version": 0}
    assert program.open("PUT", path, json=limits).status_code == 200
    for each in pages:
        with counted() as all_of_them:
            alice.opens(f"{PATH}{each}?area=limits")
        with counted() as hers:
            text = alice.opens(f"{PATH}{each}?area=limits&person={alice_actor.member_id}").response.text
        assert "Changed the limits of Spend management" in text and len(hers) == len(all_of_them)
        others = alice.opens(f"{PATH}{each}?area=limits&person={bob_actor.member_id}").response.text
        assert "Changed the limits" not in others


def test_a_formula_in_a_name_is_no_formula_in_the_file(alice: Browser, alice_actor: Actor) -> None:
    access_links.make(alice_actor, "=1+1", 7)
    for name in ("＝1+1", "|calc"):
        access_links.make(alice_actor, name, 7)
    text = alice.opens(f"{PATH}activity.csv").response.text
    assert all(each in text for each in (",'=1+1,", ",'＝1+1,", ",'|calc,"))


def test_nobodys_secret_and_nobody_of_the_sellers_is_shown(alice: Browser, acme: Customer, alice_actor: Actor) -> None:
    said = {"token": "sk_live_1", "secret": "whsec_1", "method": "pm_1", "consent": "con_1", "location": "Lisbon"}
    with as_service("entries"), transaction() as session:
        for action in ("webhook.changed", "profile.changed", "auto_recharge.changed", "demo.unknown"):
            audit.record(
                session,
                acme.customer_id,
                "jane of the seller",
                action,
                "subject_1",
                said,
                said | {"token": "x"},
                "192.0.2.9",
            )
    page = alice.opens(PATH)
    for each in (*said.values(), "jane", "subject_1", "192.0.2.9"):
        assert each not in page.text
    assert "demo" not in page.text and page.texts("#activity-list td:nth-of-type(2)")[0] == "Your seller"


def test_what_was_empty_and_stays_so_is_no_change(alice: Browser) -> None:
    assert "none → none" not in alice.opens(PATH).text


def test_who_may_not(
    app: Flask, origin: str, bob: Browser, visitor: Browser, mallory: Browser, alice_actor: Actor
) -> None:
    limited(alice_actor, 5, 0)
    assert bob.opens(PATH).status == 403 and visitor.opens(PATH).path.startswith("/sign-in")
    entry = activity.listed(alice_actor.customer_id, activity.ActivityQuery())[0][0]
    sent = {"csrf_token": mallory.opens(PATH).value("csrf_token")}
    assert mallory.posts(f"{PATH}{entry.id}/undo", sent).status == 404
    assert sentences(mallory.opens(PATH))[0] != "Changed the limits of Spend management"
    frame = host_of(app, origin, alice_actor).frame(view="invoice_address")
    assert frame.opens(PATH, **IN_A_FRAME).status == 403


def test_the_first_invoice_address_is_not_undone(alice: Browser, alice_actor: Actor, acme: Customer) -> None:
    paris = Address(company="Acme SA", line1="1 rue de Rivoli", city="Paris", postal_code="75001", country="FR")
    addresses.change(acme.customer_id, paris, "", 0, by=alice_actor.member_id)
    page = alice.opens(PATH)
    assert sentences(page)[0].startswith("Changed the invoice address")
    assert not page.soup.select("#activity-list tbody tr:first-child form")
    (first, *_rest), _older = activity.listed(acme.customer_id, activity.ActivityQuery())
    refused = alice.posts(f"{PATH}{first.id}/undo", {"csrf_token": page.value("csrf_token")})
    assert refused.notices() == ["The first invoice address cannot be undone. Change it on its own page."]
