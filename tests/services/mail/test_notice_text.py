"""What the mails of notices say: the customer's own numbers, what is stopped and what is not, and how to end them."""

import json
import re
from datetime import timedelta

import pytest
from flask import Flask, render_template
from sqlalchemy import select

from app import clock
from app.domain import mails
from app.domain.usage_alerts import Threshold
from app.models.customers import Customer
from app.models.database import db
from app.models.ledger import Grant
from app.models.limits import Notice
from app.models.scope import as_service
from app.services.alerts import thresholds
from app.services.ledger import grants
from app.services.mail import notice_text, sending
from app.services.transaction import transaction
from tests.support import post, spend, usage_cast
from tests.support.browser import Browser
from tests.support.noon import NOON, noon
from tests.support.noon import since_november as acme

__all__ = ["acme", "noon"]


WORDS = {
    "daily_threshold": (
        "$40.00 used today: your e-mail threshold is reached",
        ["You set an e-mail threshold of $40.00 a day.", "This threshold stops nothing", "22 Nov 2026, 00:00 UTC"],
    ),
    "daily_limit": (
        "Your daily limit of $50.00 is reached",
        ["Acme has used $50.00 of $50.00 on 21 Nov 2026 (UTC).", "refused until 22 Nov 2026, 00:00 UTC"],
    ),
    "balance_low": (
        "Your balance is low: $18.99 left",
        ["less than $20.00", "down to −$50.00", "http://localhost/billing/add-credits/"],
    ),
    "balance_depleted": ("No credit is left", ["Acme has no credit left: the balance is −$10.01.", "down to −$50.00"]),
}


@pytest.mark.parametrize(("rule", "used"), [("daily_threshold", "40"), ("daily_limit", "50")])
def test_the_mails_of_the_day_say_the_customers_own_numbers(acme: Customer, rule: str, used: str) -> None:
    spend.chooses(acme, "50", "40" if rule == "daily_threshold" else "")
    spend.uses(acme, used)
    said(acme, rule)


def test_a_call_refused_before_the_limit_is_used_says_no_more_than_that(acme: Customer) -> None:
    spend.chooses(acme, "7")
    spend.uses(acme, "3.5")
    spend.holds(acme, "3")
    spend.asks(acme, "1")
    spend.decided()
    assert sending.send_due() == 1
    mail = post.mail(acme)
    assert mail.subject == "A call was refused because of your daily limit of $7.00"
    words = " ".join(mail.body_text.split())
    assert "Acme has used $3.50 of $7.00 on 21 Nov 2026 (UTC), and $3.00 is held for calls in progress." in words
    assert "A call that asked for more than what was left of the limit was refused." in words
    assert (
        "Calls that ask for more than what is left are refused until 22 Nov 2026, 00:00 UTC. Once nothing is left"
        in words
    )
    assert "Calls that ask for permission are refused" not in words + mail.body_html
    assert "Held for calls in progress" in mail.body_html and mail.subject in mail.body_html


@pytest.mark.parametrize(("rule", "used"), [("balance_low", "981.004"), ("balance_depleted", "1010.001")])
def test_the_mails_of_the_balance_say_the_customers_own_numbers(acme: Customer, rule: str, used: str) -> None:
    spend.uses(acme, used)
    said(acme, rule)


@pytest.mark.parametrize(
    ("remaining", "protection", "sentences"),
    [
        (-231_285_000, 50, "are refused until the balance is above −$50.00. The next $181.29 you add cover what is"),
        (
            -1_000_000,
            0,
            "are refused until the balance is above $0.00. The next $1.00 you add cover what is owed first.",
        ),
        (-50_000_000, 50, "The overage protection of $50.00 is used up. Calls that need credit are refused until you"),
        (-49_999_999, 50, "Your overage protection lets you continue down to −$50.00."),
        (0, 0, "Calls that need credit are refused until you add some."),
    ],
)
def test_a_balance_below_the_overage_protection_is_not_said_to_go_on(
    acme: Customer, remaining: int, protection: int, sentences: str
) -> None:
    with as_service("test"), transaction() as session:
        held = session.get_one(Customer, acme.customer_id)
        held.overage_protection_micros = protection * 1_000_000
        notice = {"customer_id": acme.customer_id, "rule": "balance_depleted", "occasion": "2026-11-21"}
        figures = json.dumps({"remaining_micros": remaining})
        session.add(Notice(**notice, data=figures, state="done", created_at=clock.now(), done_at=clock.now()))
    facts = notice_text.facts(acme.customer_id, {**notice, "email": "billing@acme.example"})
    assert facts is not None
    for ending in ("txt", "html"):
        words = render_template(f"mail/balance_depleted.{ending}", **facts, why_here="", recipient="")
        assert sentences in " ".join(words.split()), words


def said(customer: Customer, rule: str) -> None:
    spend.decided()
    assert sending.send_due() == 1
    mail = post.mail(customer)
    subject, sentences = WORDS[rule]
    assert mail.subject == subject
    for sentence in sentences:
        assert sentence in " ".join(mail.body_text.split()), mail.body_text
    assert "\n\n\n" not in mail.body_text
    assert 'class="amount' not in mail.body_html and "&lt;span" not in mail.body_html + mail.body_text, (
        "a tip in a mail"
    )
    assert "Sandbox" in mail.body_html and "Acme" in mail.body_html


def test_the_mail_of_a_usage_alert_can_be_stopped_by_its_reader(acme: Customer, visitor: Browser) -> None:
    thresholds.add(acme.customer_id, Threshold("requests", 2500), actor="test")
    spend.confirmed(acme, "ops@acme.example")
    sending.send_due()
    spend.uses(acme, "1")
    spend.decided()
    assert sending.send_due() == 1
    mail = next(each for each in post.mails(acme) if each.template == "usage_alert")
    assert mail.subject == "Usage alert at 2,500 requests: Requests at 2,500 requests"
    assert "You set an alert at 2,500 requests." in mail.body_text
    (link,) = re.findall(r"http://localhost(/\S+)\n", mail.body_text.partition("Stop alerts")[2])
    page = visitor.submits(visitor.opens(link), "form[action$='/stop']")
    assert page.status == 200
    with as_service("test"):
        assert thresholds.addresses(db.session(), acme.customer_id) == ["billing@acme.example"]
    assert "sends its usage alerts to this address" in mail.body_text
    assert "\n\n\n" not in mail.body_text


@pytest.mark.parametrize(
    ("meter", "quantity", "wanted", "subject", "sentences"),
    [
        (
            "requests",
            5_167,
            Threshold("requests", 80, is_percent=True),
            "Usage alert at 80 %: Requests at 103 % of your plan",
            [
                "has reached 5,167 of 5,000 requests in this billing period. You set an alert at 80 % of 5,000 requests.",
                "Usage beyond the 1,000 included in your plan costs credits: $0.40 per 1,000 requests.",
            ],
        ),
        (
            "hours",
            2_369,
            Threshold("hours", 100),
            "Usage alert at 100 hours: Hours at 2,369 hours",
            ["You set an alert at 100 hours.", "Usage of Hours costs credits."],
        ),
        (
            "peak",
            1,
            Threshold("peak", 1),
            "Usage alert at 1 machine: Peak at 1 machine",
            ["You set an alert at 1 machine.", "Usage of Peak costs credits: $2.00 each."],
        ),
    ],
)
def test_the_mail_of_a_usage_alert_says_how_far_it_is_and_what_use_costs(
    app: Flask, meter: str, quantity: int, wanted: Threshold, subject: str, sentences: list[str]
) -> None:
    acme = usage_cast.metered()
    thresholds.add(acme.customer_id, wanted, actor="test")
    usage_cast.uses(acme, meter, quantity)
    spend.decided()
    assert sending.send_due() >= 1
    mail = next(each for each in post.mails(acme) if each.template == "usage_alert")
    assert mail.subject == subject and f"<title>{subject}</title>" in mail.body_html
    for sentence in sentences:
        assert sentence in " ".join(mail.body_text.split()), mail.body_text
        assert sentence in " ".join(mail.body_html.split())
    assert "\n\n\n" not in mail.body_text


def test_a_low_balance_that_has_recovered_is_not_mailed_any_more(alice: Browser, acme: Customer) -> None:
    spend.uses(acme, "981")
    spend.decided()
    listed = alice.opens("/dev/mail/")
    assert listed.texts("tbody td a") == ["Your balance is low"], "what it is called while it has no subject"
    spend.gives(acme, "100")
    spend.decided()
    assert sending.send_due() == 2
    assert [each.state for each in post.mails(acme)] == ["dropped"] * 2, "nobody was warned, so nothing is over"
    assert alice.follows(listed, "tbody td a").find("h1").text == "Your balance is low"


def test_a_warning_that_is_over_is_mailed_and_one_that_is_so_again_is_not(acme: Customer) -> None:
    spend.uses(acme, "981")
    spend.decided()
    assert sending.send_due() == 1
    with clock.at(NOON + timedelta(minutes=1)):
        spend.gives(acme, "100")
        spend.decided()
        assert sending.send_due() == 1
    over = next(each for each in post.mails(acme) if each.template == "balance_recovered")
    assert (over.subject, over.state) == ("Your credit has recovered: $119.00 left", "sent")
    assert "this ends the warning that credit was low or used up" in " ".join(over.body_text.split())
    with clock.at(NOON + timedelta(minutes=2)):
        spend.uses(acme, "110")
        spend.decided()
        sending.send_due()
        spend.gives(acme, "100")
        spend.decided()
        spend.uses(acme, "100")
        spend.decided()
        sending.send_due()
    found = [each.state for each in post.mails(acme) if each.template == "balance_recovered"]
    assert sorted(found) == ["dropped", "sent"]


def test_every_mail_has_a_title_before_it_has_a_subject() -> None:
    assert set(mails.TITLES) == mails.KINDS


def test_credit_that_the_seller_took_back_is_not_called_used_up(acme: Customer) -> None:
    with as_service("read the grants"):
        given = db.session.scalars(select(Grant.id).where(Grant.customer_id == acme.customer_id)).all()
    for grant_id in given:
        grants.void(grant_id, by="seller", reason="By mistake")
    spend.decided()
    assert sending.send_due() == 1
    mail = post.mail(acme)
    assert mail.subject == "No credit is left"
    assert "used up" not in mail.body_text + mail.body_html
    assert "Acme has no credit left: the balance is $0.00." in mail.body_text
