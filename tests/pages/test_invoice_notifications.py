"""Invoice notifications: an address counts once it has confirmed by mail, and mails go truthfully where they are wanted."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask

from app import clock
from app.config import Settings
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.scope import as_customer
from app.services import jobs
from app.services.customers import invoice_recipients
from app.services.customers.invoice_recipients import Notifications
from app.services.mail import sending
from tests.support import post
from tests.support.browser import Browser, Page
from tests.support.confirm_page import later
from tests.support.statements import counted

__all__ = ["later"]
NOON = datetime.fromisoformat("2026-11-21T12:00:00Z")
PATH = "/billing/invoice-notifications/"
FORM = "form[aria-label='Invoice notifications']"
UPDATE, AGAIN, CANCEL = "#invoice_notifications-save", "#invoice_notifications-again", "#invoice_notifications-cancel"
PENDING = "#invoice_notifications-pending"
LINK = re.compile(r"http://localhost(/billing/confirm-billing-email/[\w-]{43})\b")
OLD, NEW, BOOKS = "billing@acme.example", "finance@acme.example", "books@firm.example"


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.at(NOON):
        yield


def updates(browser: Browser, page: Page | None = None, **fields: object) -> Page:
    return browser.submits(page or browser.opens(PATH), FORM, button=UPDATE, **fields)


def now(customer: Customer) -> Notifications:
    with as_customer(customer.customer_id):
        return invoice_recipients.current(customer.customer_id)


def link(customer: Customer) -> str:
    """Return the path of the link in the mail that was sent last."""
    sending.send_due()
    found = LINK.search(post.mails(customer)[-1].body_text)
    assert found
    return found[1]


def confirms(visitor: Browser, path: str) -> Page:
    return visitor.submits(visitor.opens(path), "form")


@pytest.mark.both_databases
def test_a_billing_email_is_used_once_it_has_confirmed_by_mail(
    alice: Browser, visitor: Browser, acme: Customer, settings: Settings, alice_actor: Actor
) -> None:
    post.paid(alice_actor)  # so that the processor knows the customer
    first = alice.opens(PATH)
    assert (first.status, first.texts("h1"), first.value("billing_email")) == (200, ["Invoice notifications"], OLD)
    assert "Invoices and other billing notifications will be sent here." in first.text
    page = updates(alice, billing_email="Finance@Acme.example")
    (said,) = page.notices()
    assert said.startswith(f"The invoice notifications are saved. We sent an e-mail to {NEW}. An address is used once")
    assert f"{NEW} is not confirmed yet. Until it is, everything goes to {OLD}." in " ".join(page.texts(f"{PENDING} p"))
    assert (page.value("billing_email"), now(acme).billing_email) == (NEW, OLD)
    overview = alice.opens("/billing/")
    assert overview.texts("#overview-email, #overview-pending") == [OLD, f"{NEW} takes its place once it is confirmed."]
    path = link(acme)
    assert "Acme wants invoices and other billing notifications" in visitor.opens(path).text
    assert now(acme).billing_email == OLD, "opening a link confirms nothing"
    done = confirms(visitor, path)
    assert "This address is confirmed" in done.text and NEW in done.text
    assert (now(acme).billing_email, now(acme).pending) == (NEW, None)
    assert (visitor.opens(path).status, alice.opens(PATH).value("billing_email")) == (404, NEW)
    assert jobs.JOBS["profiles_sent"](10) == 1
    assert controls.objects(settings, "customer")[0]["email"] == NEW
    sending.send_due()
    changed = post.mails(acme)[-1]
    assert (changed.recipient, changed.template) == (OLD, "billing_email_changed")
    assert f"are now sent to {NEW}" in changed.body_text


@pytest.mark.both_databases
def test_more_recipients_get_what_they_confirmed_and_may_stop_it(
    alice: Browser, visitor: Browser, acme: Customer, alice_actor: Actor
) -> None:
    page = updates(alice, new_email=BOOKS, new_invoices=False)
    assert page.texts(".notifications__one legend") == [f"{BOOKS} Not confirmed yet"]
    post.paid(alice_actor)
    found = LINK.search(sent(acme, "confirm_billing_email")[0][1])
    assert found
    path = found[1]
    assert (
        "Acme wants receipts from Relay Networks, Inc. to be sent to books@firm.example too."
        in visitor.opens(path).text
    )
    assert [to for to, _text in sent(acme, "receipt")] == [OLD], "nobody is sent anything before they have confirmed"
    assert "This address is confirmed" in confirms(visitor, path).text
    with clock.at(NOON + timedelta(minutes=1)):
        post.paid(alice_actor)
        receipts = sent(acme, "receipt")
        assert [to for to, _text in receipts] == [OLD, OLD, BOOKS]
        assert f"Stop these e-mails: http://localhost{path}" in receipts[-1][1]
        assert "Stop these e-mails" not in receipts[0][1]
        with clock.at(NOON + timedelta(minutes=2)):
            post.declined(alice_actor)
        assert [to for to, _text in sent(acme, "payment_failed")] == [OLD]
        assert "These e-mails are stopped" in confirms(visitor, path).text
        post.paid(alice_actor)
    assert (len(sent(acme, "receipt")), now(acme).recipients) == (4, ())


def sent(customer: Customer, template: str) -> list[tuple[str, str]]:
    """Return to whom mails of the kind were sent, and what they said."""
    with clock.at(clock.now() + timedelta(hours=1)):
        sending.send_due()
    return [
        (each.recipient, each.body_text)
        for each in post.mails(customer)
        if each.template == template and each.state == "sent"
    ]


def test_what_somebody_no_longer_wants_when_it_is_sent_is_dropped(
    alice: Browser, visitor: Browser, acme: Customer, alice_actor: Actor
) -> None:
    updates(alice, new_email=BOOKS)
    confirms(visitor, link(acme))
    post.paid(alice_actor)
    page = alice.opens(PATH)
    alice.posts(PATH, typed(page, remove=BOOKS))
    sending.send_due()
    states = {each.recipient: each.state for each in post.mails(acme) if each.template == "receipt"}
    assert states == {OLD: "sent", BOOKS: "dropped"}


def test_who_wants_invoices_alone_is_sent_the_invoice_and_a_receipt_names_it(
    alice: Browser, visitor: Browser, acme: Customer, alice_actor: Actor
) -> None:
    updates(alice, new_email=BOOKS, new_receipts=False)
    confirms(visitor, link(acme))
    post.paid(alice_actor)
    ((to, said),) = sent(acme, "invoice")
    number = re.search(r"^Invoice +(\S+)$", said, re.MULTILINE)
    assert to == BOOKS and number is not None
    assert "Total            $25.00" in said and "Stop these e-mails: " in said
    ((billing, receipt),) = sent(acme, "receipt")
    page = re.search(rf"Invoice {re.escape(number[1])}:\nhttp://localhost(\S+)", receipt)
    assert billing == OLD and page is not None
    assert number[1] in alice.opens(page[1]).text


def typed(page: Page, **more: object) -> dict[str, object]:
    """Return the form as it stands, with more."""
    fields = {"csrf_token": page.value("csrf_token"), "version": page.value("version"), "billing_email": OLD}
    ticked = {
        name: [each["value"] for each in page.soup.select(f"[name={name}][checked]")]
        for name in ("receipts", "invoices", "payment_problems")
    }
    kept = [each["value"] for each in page.soup.select("[name=recipient]")]
    return {**fields, "recipient": kept, **ticked, **more}


def test_what_a_recipient_is_sent_is_changed_and_nothing_is_refused(alice: Browser, acme: Customer) -> None:
    page = updates(alice, new_email=BOOKS)
    changed = alice.posts(PATH, typed(page, receipts=[], payment_problems=[BOOKS]))
    assert (changed.status, sorted(now(acme).recipients[0].topics)) == (200, ["invoices", "payment_problems"])
    empty = alice.posts(PATH, typed(changed, invoices=[], payment_problems=[]))
    assert (empty.status, empty.texts("[role=alert] p")) == (422, [f"Choose what is sent to {BOOKS}, or remove it."])
    assert not empty.soup.select("[name=invoices][checked]") and len(now(acme).recipients[0].topics) == 2


def test_the_billing_email_is_sent_again_after_ten_minutes_and_cancelled(
    alice: Browser, visitor: Browser, acme: Customer
) -> None:
    page = updates(alice, billing_email=NEW)
    assert not page.soup.select(AGAIN) and "You can send it again from 12:10" in page.text
    old = link(acme)
    with clock.at(NOON + timedelta(minutes=10)):
        again = alice.submits(alice.opens(PATH), FORM, button=AGAIN)
        assert again.notices() == [
            f"We sent another e-mail to {NEW}. The link in the one before does not work any more."
        ]
        new = link(acme)
        assert (visitor.opens(old).status, visitor.opens(new).status) == (404, 200)
        cancelled = alice.submits(alice.opens(PATH), FORM, button=CANCEL)
        assert cancelled.notices() == [f"Cancelled: {OLD} stays the billing e-mail."]
        assert (visitor.opens(new).status, now(acme).pending) == (404, None)


def test_a_link_confirms_for_seven_days(alice: Browser, visitor: Browser, acme: Customer) -> None:
    updates(alice, billing_email=NEW)
    path = link(acme)
    with clock.at(NOON + timedelta(days=7)):
        late = visitor.opens(path)
        assert late.status == 410 and "This link was valid for seven days." in late.text
        assert visitor.posts(path, {}).status in {400, 403, 410}
        pending = now(acme).pending
        assert pending is not None and pending.has_expired
    assert now(acme).billing_email == OLD


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"billing_email": "nobody"}, "Enter an e-mail address, such as name@example.com."),
        ({"new_email": "a@b..test"}, "Enter an e-mail address, such as name@example.com."),
        ({"new_email": OLD}, "The billing e-mail is sent everything already. Leave it out of the other recipients."),
        ({"new_email": BOOKS, "new_receipts": False, "new_invoices": False}, "Choose what is sent there."),
    ],
)
def test_what_is_refused_stands_beside_its_field_and_keeps_what_was_typed(
    alice: Browser, acme: Customer, fields: dict[str, object], error: str
) -> None:
    page = updates(alice, **fields)
    assert (page.status, page.errors()) == (422, [error])
    assert all(page.value(name) == value for name, value in fields.items() if isinstance(value, str))
    assert (now(acme).version, post.mails(acme)) == (0, [])


def test_another_billing_email_asks_for_the_password_after_ten_minutes(
    alice: Browser, acme: Customer, later: None
) -> None:
    assert updates(alice, new_email=BOOKS).status == 200
    asked = updates(alice, billing_email=NEW)
    assert "password" in asked.text.lower() and now(acme).pending is None


def test_two_open_pages_do_not_undo_each_other(alice: Browser, acme: Customer) -> None:
    page = alice.opens(PATH)
    updates(alice, new_email=BOOKS)
    late = updates(alice, page, billing_email=NEW)
    assert (late.status, now(acme).pending) == (409, None)
    assert late.texts("[role=alert] p") == [
        "These addresses were changed meanwhile. Yours are still here: look at them, and update again."
    ]
    assert late.value("billing_email") == NEW


def test_a_viewer_sees_it_and_can_change_nothing(alice: Browser, bob: Browser, acme: Customer) -> None:
    updates(alice, billing_email=NEW, new_email=BOOKS)
    page = bob.opens(PATH)
    assert "Your role can view this page but not change it. Ask Alice Archer" in page.text
    assert OLD in page.text and BOOKS in page.text and not page.soup.select(f"{FORM} button")
    for path in (PATH, f"{PATH}cancel", f"{PATH}again"):
        assert bob.posts(path, {"csrf_token": "x", "billing_email": OLD, "again": NEW}).status in {400, 403}
    assert now(acme).pending is not None


def test_nobody_else_asks_an_address_again(alice: Browser, mallory: Browser, acme: Customer) -> None:
    updates(alice, billing_email=NEW)
    page = mallory.opens(PATH)
    sent_to = {"csrf_token": page.value("csrf_token"), "again": NEW}
    assert NEW not in page.text
    assert mallory.posts(f"{PATH}again", sent_to).status == 404


def test_a_link_that_never_was_does_not_work(visitor: Browser, app: Flask) -> None:
    for token in ("x" * 43, "short", "y" * 200):
        assert visitor.opens(f"/billing/confirm-billing-email/{token}").status == 404


def test_it_takes_few_statements(alice: Browser, acme: Customer) -> None:
    updates(alice, new_email=BOOKS)
    alice.opens(PATH)
    with counted() as seen:
        alice.opens(PATH)
    assert len(seen) <= 6, seen


def test_one_new_address_that_is_billing_email_and_recipient_is_asked_once(alice: Browser, acme: Customer) -> None:
    page = updates(alice, billing_email=NEW, new_email=NEW)
    assert (page.status, page.errors()) == (200, [])
    assert page.notices()[0].count(NEW) == 1
    found = now(acme)
    assert (found.pending.email if found.pending else "", found.recipients) == (NEW, ())
    kept = updates(alice, new_email=BOOKS)  # what is to be confirmed stays, as it stands in the field
    assert kept.status == 200 and now(acme).pending is not None
    ended = updates(alice, kept, billing_email=OLD)
    assert (ended.status, now(acme).pending, now(acme).billing_email) == (200, None, OLD)
    assert [each.email for each in now(acme).recipients] == [BOOKS]
