"""Mails: one for each fact, the exact words, at least once as the same mail, and given up where it can be seen."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import update

from app import clock, ids
from app.domain.people.members import Actor, Role
from app.models.customers import Customer
from app.models.payments import Payment
from app.models.scope import as_service
from app.services.customers import registration
from app.services.mail import sending as mail_sending
from app.services.outbox import mails
from app.services.payment_methods import saved
from app.services.payments import resume_links, settlement, top_ups
from app.services.transaction import transaction
from tests.support import cast, post, shop
from tests.support.browser import Browser
from tests.support.mail_server import SENDER, MailServer, mail_server

SECRET = re.compile(r"http://localhost/billing/resume/([\w-]{43})(?=\s|$)", re.MULTILINE)


@pytest.fixture
def server() -> Iterator[MailServer]:
    """A mail server."""
    with mail_server() as made:
        yield made


@pytest.fixture
def sending(app: Flask, server: MailServer) -> MailServer:
    """The mail server that the app sends by."""
    post.sends_by(app, server)
    return server


def later(wait: timedelta) -> int:
    with clock.at(clock.now() + wait):
        return mail_sending.send_due()


def text_of(server: MailServer, number: int = 0) -> str:
    return str(next(server.mails[number].iter_parts()).get_content()).replace("\r\n", "\n")


def test_a_receipt_says_what_was_paid_and_added(sending: MailServer, acme: Customer, alice_actor: Actor) -> None:
    payment = post.paid(alice_actor)
    assert mail_sending.send_due() == 1
    (mail,) = sending.mails
    assert sending.recipients == ["billing@acme.example"]
    assert mail["From"] == SENDER and mail["Reply-To"] == "billing@relay.example"
    assert mail["Subject"] == "Receipt: $25.00 paid to Relay Networks, Inc."
    text = text_of(sending)
    for line in (
        "Thank you. Relay Networks, Inc. received your payment of $25.00 and added the credits to your balance.",
        "Paid             $25.00",
        "Payment method   Visa ending in 4242",
        "Customer         Acme",
        "Credits added    $25.00",
        "New balance      $25.00",
        f"Payment          {payment.id}",
        f"http://localhost/billing/add-credits/payments/{payment.id}",
        "This is a receipt for your payment, not an invoice.",
        "548 Market Street",
    ):
        assert line in text.splitlines(), text
    assert "\n\n\n" not in text and not SECRET.search(text)
    row = post.mail(acme)
    assert (row.state, row.tries, row.problem) == ("sent", 1, "") and row.sent_at is not None
    assert (row.subject, row.body_text, row.body_html) == ("", "", "")
    assert mail_sending.send_due() == 0 and len(sending.mails) == 1


@pytest.mark.parametrize("fact", [post.paid, post.asked, post.declined])
def test_html_and_text_say_the_same(sending: MailServer, alice_actor: Actor, fact: Callable[[Actor], Payment]) -> None:
    fact(alice_actor)
    mail_sending.send_due()
    text, html = (str(part.get_content()) for part in sending.mails[0].iter_parts())
    page = BeautifulSoup(html, "html.parser")
    assert page.html and not page.select("script, img, link, form, iframe, object")
    assert "Relay Networks, Inc." in page.text and "$25.00" in page.text
    links = [str(link["href"]) for link in page.select("a[href^=http]")]
    assert links == re.findall(r"http\S+", text)
    for row in page.select("tr:has(> td.line)"):
        name, value = (" ".join(cell.get_text().split()) for cell in row.select("td"))
        assert value in " ".join(text.split()), name


@pytest.mark.case("AC-11")
def test_the_customer_is_asked_to_confirm_and_how(sending: MailServer, acme: Customer, alice_actor: Actor) -> None:
    payment = post.asked(alice_actor)
    assert payment.state == "requires_action" and payment.action_url == ""
    mail_sending.send_due()
    assert sending.mails[0]["Subject"] == "Confirm your payment of $25.00 to Relay Networks, Inc."
    text = text_of(sending)
    assert "Nothing is charged, and no credits are added, until you do." in text
    assert "The link works once." in text
    token = SECRET.search(text)
    assert token and text.count(token[1]) == 1
    row = post.mail(acme)
    assert token[1] not in row.context + row.body_text + row.body_html


@pytest.mark.case("AC-74")
def test_the_customer_is_notified_of_a_charge_that_failed(
    sending: MailServer, acme: Customer, alice_actor: Actor
) -> None:
    assert post.declined(alice_actor).state == "failed"
    mail_sending.send_due()
    assert sending.mails[0]["Subject"] == "Your payment of $25.00 to Relay Networks, Inc. did not go through"
    text = " ".join(text_of(sending).split())
    assert "The card has insufficient funds. Nothing was charged, and no credits were added." in text
    (payment,) = shop.payments(acme)
    choice = f"amount=25.00&method={payment.method_id}"
    assert f"http://localhost/billing/add-credits/?{choice} See the payment:" in text
    assert f"See the payment: http://localhost/billing/add-credits/payments/{payment.id} " in text


def test_the_way_to_try_again_brings_the_choice_along(
    sending: MailServer, acme: Customer, alice: Browser, alice_actor: Actor
) -> None:
    card = shop.add_method(alice_actor)
    post.declined(alice_actor)
    mail_sending.send_due()
    (again,) = re.findall(r"http://localhost(/billing/add-credits/\?\S+)", text_of(sending))
    page = alice.opens(again)
    assert page.value("amount") == "25.00"
    assert page.value("method") == shop.payments(acme)[0].method_id != card.id


def test_a_method_that_is_gone_is_not_offered_again(sending: MailServer, acme: Customer, alice_actor: Actor) -> None:
    payment = post.declined(alice_actor)
    saved.remove(alice_actor, str(payment.method_id))
    mail_sending.send_due()
    assert "http://localhost/billing/add-credits/?amount=25.00\n" in text_of(sending)


def test_the_way_to_try_a_pack_again_brings_the_pack_along(sending: MailServer, catalog: str) -> None:
    cast.apply_catalog("analytics")
    initech = registration.create(name="Initech S.r.l.", email="billing@initech.example", catalog="analytics")
    buyer = cast.make_actor(cast.Part("Ida", "ida@initech.example", Role.OWNER), initech)
    payment = top_ups.charge(
        initech.customer_id,
        by="auto_recharge",
        form_key=ids.new_form_key(),
        amount=None,
        pack="pro",
        method_id=shop.add_method(buyer, shop.BROKE).id,
        return_url=resume_links.return_url,
    )
    mail_sending.send_due()
    text = text_of(sending)
    assert f"http://localhost/billing/add-credits/?pack=pro&method={payment.method_id}\n" in text


@pytest.mark.parametrize("fact", [post.paid, post.asked, post.declined])
def test_a_name_that_ends_with_a_full_stop_gets_no_second_one(
    sending: MailServer, acme: Customer, alice_actor: Actor, fact: Callable[[Actor], Payment]
) -> None:
    with as_service("test"), transaction() as session:
        named = update(Customer).where(Customer.customer_id == acme.customer_id).values(name="Acme S.r.l.")
        session.execute(named)
    fact(alice_actor)
    mail_sending.send_due()
    for part in sending.mails[0].iter_parts():
        said = " ".join(BeautifulSoup(str(part.get_content()), "html.parser").get_text(" ").split())
        assert "You get this e-mail because Acme S.r.l. lists you as its billing contact." in said
        assert ".." not in said


def test_a_decline_that_the_page_has_shown_needs_no_mail(acme: Customer, alice_actor: Actor) -> None:
    assert post.paid(alice_actor, shop.BROKE).state == "failed"
    assert post.mails(acme) == []


def test_credits_with_a_name_of_their_own_are_named(sending: MailServer, catalog: str) -> None:
    cast.apply_catalog("analytics")
    initech = registration.create(name="Initech", email="billing@initech.example", catalog="analytics")
    buyer = cast.make_actor(cast.Part("Ida", "ida@initech.example", Role.OWNER), initech)
    post.paid(buyer, pack="pro")
    mail_sending.send_due()
    assert "Credits added    7,000,000\N{NO-BREAK SPACE}tokens" in text_of(sending)


def test_names_stay_words(sending: MailServer, acme: Customer, alice_actor: Actor) -> None:
    with as_service("test"), transaction() as session:
        evil = '<img src="//mallory.example">\r\nBcc: mallory@globex.example'
        session.execute(update(Customer).where(Customer.customer_id == acme.customer_id).values(name=evil))
    post.paid(alice_actor)
    mail_sending.send_due()
    assert sending.recipients == ["billing@acme.example"] and sending.mails[0]["Bcc"] is None
    html = str(list(sending.mails[0].iter_parts())[1].get_content())
    assert "&lt;img" in html and not BeautifulSoup(html, "html.parser").select("img")


def test_one_fact_is_one_mail(sending: MailServer, acme: Customer, alice_actor: Actor) -> None:
    payment = post.paid(alice_actor)
    for _ in range(2):
        settlement.settle(payment.id)
        with as_service("test"), transaction() as session:
            again = mails.write_new(
                session, acme.customer_id, "receipt", key=f"receipt:{payment.id}", to="x@acme.example", payment="pay_x"
            )
        assert again is False
    assert mail_sending.send_due() == 1 and mail_sending.send_due() == 0


def test_a_fact_that_never_was_sends_no_mail(sending: MailServer, acme: Customer) -> None:
    with as_service("test"), pytest.raises(ZeroDivisionError), transaction() as session:
        mails.write(session, acme.customer_id, "receipt", key="receipt:x", to="x@acme.example", payment="pay_x")
        raise ZeroDivisionError
    assert post.mails(acme) == [] and mail_sending.send_due() == 0


def test_what_is_no_longer_so_is_not_sent(sending: MailServer, acme: Customer, alice_actor: Actor) -> None:
    payment = post.asked(alice_actor)
    settlement.settle(payment.id, give_up=True)
    assert mail_sending.send_due() == 1
    assert post.mail(acme).state == "dropped" and sending.mails == []


def test_a_link_with_no_time_left_is_not_sent(sending: MailServer, acme: Customer, alice_actor: Actor) -> None:
    post.asked(alice_actor)
    assert later(timedelta(hours=23, minutes=55)) == 1
    assert post.mail(acme).state == "dropped" and sending.mails == []


def test_without_a_server_mails_are_kept_with_their_words(acme: Customer, alice_actor: Actor) -> None:
    post.asked(alice_actor)
    assert mail_sending.send_due() == 1
    row = post.mail(acme)
    assert row.state == "sent" and row.subject.startswith("Confirm your payment of $25.00")
    assert SECRET.search(row.body_text) and "</html>" in row.body_html


def test_no_secret_is_kept_where_nobody_is_shown_it(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    post.asked(alice_actor)
    app.extensions["purser.settings"] = replace(app.extensions["purser.settings"], testing=False)
    assert mail_sending.send_due() == 1
    row = post.mail(acme)
    assert "/billing/resume/" not in row.body_text + row.body_html
    assert "http://localhost/billing/add-credits/payments/pay_" in row.body_text
