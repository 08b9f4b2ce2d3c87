"""The mailed link: it shows what is paid, works once, for a day, for whoever has the mail, and leads to the bank."""

import re
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import select, update

from app import clock
from app.domain.errors import NotFound
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.models.events import AuditEntry
from app.models.mails import Mail, ResumeLink
from app.models.payments import Attempt
from app.models.scope import as_service
from app.services.mail import sending
from app.services.payments import resume_links, settlement
from app.services.transaction import transaction
from tests.support import post, shop
from tests.support.browser import Browser, Page
from tests.support.client import outside_contexts
from tests.support.outcome import faults
from tests.support.statements import counted

LINK = re.compile(r"http://localhost(/billing/resume/[\w-]{43})\b")
FORM = "main form"


@pytest.fixture
def link(acme: Customer, alice_actor: Actor) -> str:
    """The path of a link that was mailed to Acme for a charge that the bank asks about."""
    post.asked(alice_actor)
    return mailed(acme)


def mailed(customer: Customer) -> str:
    sending.send_due()
    found = LINK.search(post.mails(customer)[-1].body_text)
    assert found
    return found[1]


def page_payment(link: str) -> str:
    """Return the id of the payment that the link leads to."""
    return resume_links.look(link.rpartition("/")[2]).payment_id


def approves(visitor: Browser, page: Page) -> Page:
    """Answer the bank's question at the page that the link led to."""
    return visitor.submits(page, "form", button="[name=approve]")


def attempts(customer: Customer) -> list[tuple[int, str]]:
    with as_service("look at the attempts"):
        rows = db.session.scalars(
            select(Attempt).where(Attempt.customer_id == customer.customer_id).order_by(Attempt.number)
        )
        return [(each.number, each.state) for each in rows]


def audited(customer: Customer) -> list[AuditEntry]:
    with as_service("look at the audit trail"):
        mine = select(AuditEntry).where(AuditEntry.customer_id == customer.customer_id)
        return list(db.session.scalars(mine.where(AuditEntry.action == "payment.resumed")))


@pytest.mark.both_databases
@pytest.mark.case("AC-12")
def test_it_shows_what_is_paid_and_leads_to_the_bank_and_back(
    visitor: Browser, link: str, acme: Customer, app: Flask
) -> None:
    page = visitor.opens(link)
    assert page.status == 200 and page.find("h1").text == "Confirm your payment to Relay Networks, Inc."
    assert page.texts("dd") == ["$25.00", "Visa ending in 3184", "Credits of Acme"]
    bank = visitor.submits(page, FORM)
    assert bank.path.startswith("/sandbox/challenge/") and "$25.00" in bank.text
    paid = approves(visitor, bank)
    assert paid.path == link and paid.status == 200
    assert paid.find("h1").text == "Your payment is made" and not paid.soup.select(FORM)
    (payment,) = shop.payments(acme)
    assert payment.state == "succeeded" and shop.remaining(acme) == 25_000_000
    assert shop.charges(app) == [2500]
    assert attempts(acme) == [(1, "declined"), (2, "succeeded")]


@pytest.mark.case("AC-12")
def test_it_works_once(visitor: Browser, link: str, acme: Customer) -> None:
    page = visitor.opens(link)
    visitor.submits(page, FORM)
    again = visitor.submits(page, FORM)
    assert again.status == 410 and again.find("h1").text == "This link has been used"
    assert again.find("main a.btn").text == "Sign in"
    looked = visitor.opens(link)
    assert looked.status == 200 and "not confirmed yet" in looked.find("h1").text and not looked.soup.select(FORM)
    assert len(attempts(acme)) == 2


def test_two_clicks_at_once_are_one(app: Flask, visitor: Browser, link: str, acme: Customer) -> None:
    page = visitor.opens(link)
    cookie = visitor.client.get_cookie("purser", domain="localhost")
    assert cookie is not None
    token, start, answers = page.value("csrf_token"), Barrier(3), []

    def click() -> None:
        client = app.test_client()
        client.set_cookie("purser", cookie.value, domain="localhost")
        start.wait(60)
        answer = client.post(
            link, data={"csrf_token": token}, base_url=visitor.origin, headers={"Origin": visitor.origin}
        )
        answers.append(answer.status_code)

    threads = [Thread(target=click) for _ in range(3)]
    with outside_contexts():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert sorted(answers) == [303, 410, 410]
    assert len(attempts(acme)) == 2


def test_programs_that_open_links_use_nothing_up(visitor: Browser, link: str) -> None:
    for method in ("GET", "HEAD", "OPTIONS", "GET"):
        assert visitor.client.open(link, method=method, base_url=visitor.origin).status_code == 200
    assert visitor.posts(link, {}).status == 400
    assert visitor.opens(link).find(FORM)


@pytest.mark.case("AC-12")
def test_it_works_for_a_day(visitor: Browser, link: str, acme: Customer) -> None:
    (payment,) = shop.payments(acme)
    with clock.at(payment.created_at + timedelta(hours=24)):
        form = {"csrf_token": visitor.opens("/sign-in").value("csrf_token")}
        answers = [visitor.opens(link), visitor.posts(link, form), visitor.opens(f"{link}/return")]
    for answer in answers:
        assert answer.status == 410 and answer.find("h1").text == "This link has expired"
        assert "$" not in answer.text and "Acme" not in answer.text
    assert len(attempts(acme)) == 1
    with clock.at(payment.created_at + timedelta(hours=23, minutes=59)):
        assert visitor.submits(visitor.opens(link), FORM).path.startswith("/sandbox/challenge/")


@pytest.mark.case("AC-12")
def test_whoever_says_no_to_the_bank_is_charged_nothing_and_may_pay_otherwise(
    visitor: Browser, link: str, acme: Customer, app: Flask
) -> None:
    bank = visitor.submits(visitor.opens(link), FORM)
    after = visitor.submits(bank, "form", button="[name=decline]")
    assert after.path == link and "Nothing was charged." in after.text
    assert "to pay in another way" in after.text
    assert shop.charges(app) == [] and shop.remaining(acme) == 0
    assert visitor.follows(after, "main a.btn").path.startswith("/sign-in")


def test_coming_back_from_the_bank_may_be_repeated(visitor: Browser, link: str, acme: Customer, app: Flask) -> None:
    approves(visitor, visitor.submits(visitor.opens(link), FORM))
    for _ in range(2):
        assert visitor.opens(f"{link}/return").find("h1").text == "Your payment is made"
    assert shop.charges(app) == [2500] and shop.remaining(acme) == 25_000_000


def test_a_payment_that_was_given_up_uses_nothing_up(visitor: Browser, link: str, acme: Customer) -> None:
    page = visitor.opens(link)
    (payment,) = shop.payments(acme)
    settlement.settle(payment.id, give_up=True)
    refused = visitor.submits(page, FORM)
    assert refused.status == 410 and refused.find("h1").text == "This link is no longer needed"
    assert "This payment was cancelled, and nothing was charged for it." in refused.text
    after = visitor.opens(link)
    assert after.find("h1").text == "This payment was cancelled" and not after.soup.select(FORM)
    assert "another way" not in refused.text and len(attempts(acme)) == 1


@pytest.mark.case("AC-17")
def test_what_was_paid_in_another_way_is_not_needed_any_more(
    visitor: Browser, link: str, acme: Customer, alice_actor: Actor, mallory_actor: Actor
) -> None:
    post.paid(mallory_actor)
    page = visitor.opens(link)
    assert page.find("h1").text == "Confirm your payment to Relay Networks, Inc."
    post.paid(alice_actor)
    assert [each.state for each in shop.payments(acme)] == ["canceled", "succeeded"]
    refused = visitor.submits(page, FORM)
    assert refused.status == 410 and refused.find("h1").text == "This link is no longer needed"
    assert "You paid for the same purchase in another way." in refused.text and "used" not in refused.text
    after = visitor.opens(link)
    assert after.find("h1").text == "This payment is no longer needed" and not after.soup.select(FORM)
    assert "You paid for the same purchase in another way." in after.text and "try again" not in after.text
    assert shop.remaining(acme) == 25_000_000


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("approve", "This payment has already been made."),
        ("decline", "This payment did not go through, and nothing was charged for it."),
    ],
)
def test_a_link_left_unused_says_what_became_of_the_payment(
    visitor: Browser, link: str, alice: Browser, answer: str, words: str
) -> None:
    page = visitor.opens(link)
    waits = alice.opens(f"/billing/add-credits/payments/{page_payment(link)}")
    bank = alice.submits(waits, "form[action$='/resumption']")
    alice.submits(bank, "form", button=f"[name={answer}]")
    refused = visitor.submits(page, FORM)
    assert refused.status == 410 and refused.find("h1").text == "This link is no longer needed"
    assert words in refused.text


def test_one_link_used_closes_the_others_of_the_payment(visitor: Browser, link: str, acme: Customer) -> None:
    with as_service("send the mail again, as after a lost answer"), transaction() as session:
        session.execute(
            update(Mail).where(Mail.customer_id == acme.customer_id).values(state="pending", next_try_at=clock.now())
        )
    other = mailed(acme)
    assert other != link
    page = visitor.opens(link)
    assert visitor.submits(visitor.opens(other), FORM).path.startswith("/sandbox/challenge/")
    assert visitor.submits(page, FORM).status == 410
    assert len(attempts(acme)) == 2


def test_a_processor_that_does_not_answer_leaves_the_way_by_signing_in(
    visitor: Browser, link: str, acme: Customer, app: Flask, alice: Browser
) -> None:
    page = visitor.opens(link)
    with faults(app, ("confirm_intent", "reset_before", 9)):
        after = visitor.submits(page, FORM)
    assert after.path == link and after.status == 200 and not after.soup.select(FORM)
    assert shop.charges(app) == []
    assert alice.follows(after, "main a.btn").status == 200


@pytest.mark.parametrize("token", ["nothing", "a" * 43, "a" * 5000, "%00", "%F0%9F%92%B3", "..%2f"])
def test_a_link_that_never_was_leads_nowhere(visitor: Browser, token: str, link: str) -> None:
    for path in (f"/billing/resume/{token}", f"/billing/resume/{token}/return"):
        assert visitor.opens(path).status == 404
    with pytest.raises(NotFound, match=r"There is no such link\."):
        resume_links.look(token)
    token_of_form = visitor.opens(link).value("csrf_token")
    assert visitor.posts(f"/billing/resume/{token}", {"csrf_token": token_of_form}).status == 404


def test_only_our_own_form_uses_it(visitor: Browser, link: str, acme: Customer) -> None:
    form = {"csrf_token": visitor.opens(link).value("csrf_token")}
    assert visitor.posts(link, form, Origin="https://mallory.example").status == 403
    assert visitor.posts(link, {"csrf_token": "x"}).status == 400
    assert len(attempts(acme)) == 1
    assert visitor.posts(link, form).path.startswith("/sandbox/challenge/")


def test_the_token_is_kept_nowhere_and_never_logged(
    visitor: Browser, link: str, acme: Customer, capfd: pytest.CaptureFixture[str]
) -> None:
    token = link.rpartition("/")[2]
    capfd.readouterr()
    approves(visitor, visitor.submits(visitor.opens(link), FORM))
    logged = capfd.readouterr().err
    assert "/billing/resume/<token>" in logged and token not in logged
    with as_service("look at the links"):
        (row,) = db.session.scalars(select(ResumeLink).where(ResumeLink.customer_id == acme.customer_id))
        assert token not in {str(getattr(row, column.key)) for column in ResumeLink.__table__.columns}
    (entry,) = audited(acme)
    assert (entry.actor, entry.address) == ("mailed link", "127.0.0.1")


def test_its_page_takes_few_statements(visitor: Browser, link: str) -> None:
    with counted() as statements:
        visitor.opens(link)
    assert len(statements) <= 2


def test_the_demo_shows_the_mail_and_its_link(alice: Browser, link: str) -> None:
    listed = alice.opens("/dev/mail/")
    mail = alice.follows(listed, "main table a")
    assert mail.find(f"pre a[href$='{link}']") and mail.find("iframe")["sandbox"] is not None
    frame = alice.opens(str(mail.find("iframe")["src"]))
    policy = frame.response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "sandbox" in policy and "script" not in policy
    assert frame.find(f"a[href$='{link}']") and not frame.soup.select("script")
    assert "frame-src 'self'" in mail.response.headers["Content-Security-Policy"]


def test_nobody_sees_anothers_mails(alice: Browser, mallory: Browser, visitor: Browser, link: str) -> None:
    path = str(alice.opens("/dev/mail/").find("main table a")["href"])
    for address in (path, f"{path}/html"):
        assert alice.opens(address).status == 200
        assert mallory.opens(address).status == 404
        assert visitor.opens(address).path.startswith("/sign-in")
    assert "None yet" in mallory.opens("/dev/mail/").text
