"""A channel of Slack or Teams: each notice once, by the outbox; what their answers do; and an address that stays a secret."""

import json
import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.domain.errors import NotFound, Refused
from app.domain.messages import chat
from app.domain.messages.chat import Form
from app.models.customers import Customer
from app.models.database import Base, db
from app.models.events import AuditEntry
from app.models.scope import as_customer, as_service
from app.models.webhooks import ChatChannel
from app.services.outbox import events
from app.services.transaction import transaction
from app.services.verification import verify
from app.services.webhooks import channels, deliveries, endpoints, fan_out, log
from tests.support import spend
from tests.support.receiver import RETRY_AFTER, SECRET, Receiver, receiving
from tests.support.webhook_cast import log_of, only, send, settings, tries

__all__ = ["settings"]
LOW = {"remaining": "18.991", "low_balance": "20.00", "credit_unit": "USD"}


def joins(customer: Customer, url: str, form: Form = Form.SLACK) -> channels.Channel:
    """Save the channel, whatever stood there before."""
    with as_customer(customer.customer_id):
        version = channels.section(customer.customer_id).version
    return channels.save(customer.customer_id, form, url, version, by="alice")


def fell_low(customer: Customer, *facts: str) -> None:
    """Write that the balance is low, so often."""
    for fact in facts:
        with as_service("write an event"), transaction() as session:
            events.write(session, customer.customer_id, "balance.low", fact, LOW)


def texts(receiver: Receiver) -> list[str]:
    return [json.loads(each.body)["text"] for each in receiver.requests()]


def later(moments: timedelta) -> Any:
    return clock.at(clock.now() + moments)


def channel_of(customer: Customer) -> channels.Channel | None:
    with as_customer(customer.customer_id):
        return channels.section(customer.customer_id).channel


@pytest.mark.both_databases
def test_slack_gets_one_message_for_a_notice_however_often_the_jobs_run(
    app: Flask, acme: Customer, tmp_path: Path
) -> None:
    with receiving(tmp_path) as receiver:
        joins(acme, receiver.slack())
        endpoints.save(acme.customer_id, receiver.url(), by="alice")
        fell_low(acme, "one")
        assert (send(), send(), fan_out.spread_due()) == (2, 0, 0)
        messages = [each for each in receiver.requests() if each.path.startswith("/services/")]
    (message,) = messages
    words = json.loads(message.body)["text"].splitlines()
    assert words[:3] == [
        "*Credit is low*",
        "$18.99 is left, which is less than $20.00.",
        "<http://localhost/billing/add-credits/|Add credits>",
    ]
    assert words[3].startswith("For Acme · ")
    assert not {name for name in message.headers if name.startswith("webhook-")}
    assert {each.state for each in log_of(acme.customer_id)} == {"delivered"}
    with as_customer(acme.customer_id):
        assert [each.endpoint_id[:4] for each in log.section(acme.customer_id).deliveries] == ["whk_"]
        assert [each.endpoint_id[:4] for each in channels.section(acme.customer_id).deliveries] == ["chn_"]
    assert verify.verify(acme.customer_id) == []


def test_teams_gets_a_card(app: Flask, acme: Customer, tmp_path: Path) -> None:
    with receiving(tmp_path) as receiver:
        joins(acme, receiver.teams(), Form.TEAMS)
        fell_low(acme, "one")
        assert send() == 1
        (got,) = receiver.requests()
    assert only(acme.customer_id).last_status == 202
    assert json.loads(got.body)["attachments"][0]["content"]["fallbackText"] == "Credit is low"


@pytest.mark.parametrize(("form", "answer"), [("slack", "404"), ("slack", "410"), ("slack", "403"), ("teams", "401")])
def test_an_address_that_is_no_longer_known_is_switched_off_and_says_why(
    app: Flask, acme: Customer, tmp_path: Path, form: str, answer: str
) -> None:
    with receiving(tmp_path) as receiver:
        joins(acme, getattr(receiver, form)(answer), Form(form))
        fell_low(acme, "one", "two")
        send()
        send()
    off = channel_of(acme)
    assert off is not None and (off.state, off.is_active) == ("disabled", False)
    assert off.disabled_reason.startswith(f"{chat.NAMES[Form(form)]} answered {answer}: ")
    assert {each.state for each in log_of(acme.customer_id)} == {"dropped"}
    fell_low(acme, "three")
    assert send() == 0
    with as_service("look"):
        kept = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "chat.disabled")).one()
    assert json.loads(kept.after) == {"why": answer}


def test_a_message_that_slack_does_not_take_is_given_up_at_once_and_the_next_is_sent(
    app: Flask, acme: Customer, tmp_path: Path
) -> None:
    with receiving(tmp_path) as receiver:
        joins(acme, receiver.slack("400"))
        fell_low(acme, "one")
        assert send() == 1
        refused = only(acme.customer_id)
        assert (refused.state, refused.tries, refused.problem) == (
            "dead", 1, "Slack answered 400: it does not take this message.",
        )  # fmt: skip
        joins(acme, receiver.slack())
        fell_low(acme, "two")
        assert send() == 1
    assert [each.state for each in log_of(acme.customer_id)] == ["dead", "delivered"]


def test_it_is_waited_as_long_as_slack_asks_and_nothing_else_is_sent_meanwhile(
    app: Flask, acme: Customer, tmp_path: Path
) -> None:
    with receiving(tmp_path) as receiver, clock.at(clock.now()):
        joins(acme, receiver.slack("429"))
        fell_low(acme, "one")
        fan_out.spread_due()
        assert deliveries.send_due() == 1
        waiting = only(acme.customer_id)
        assert waiting.next_try_at == clock.now() + timedelta(seconds=int(RETRY_AFTER))
        fell_low(acme, "two")
        joins(acme, receiver.slack())
        with later(timedelta(seconds=int(RETRY_AFTER))):
            assert send() == 2
        assert len(receiver.requests()) == 3
        assert not any(chat.AGAIN in each for each in texts(receiver))  # what was refused cannot be there twice


def test_others_that_are_due_wait_too_when_slack_asks_to(app: Flask, acme: Customer, tmp_path: Path) -> None:
    with receiving(tmp_path) as receiver, clock.at(clock.now()):
        joins(acme, receiver.slack("429"))
        fell_low(acme, "one", "two")
        fan_out.spread_due()
        assert deliveries.send_due(limit=1) == 1
        until = clock.now() + timedelta(seconds=int(RETRY_AFTER))
        assert {each.next_try_at for each in log_of(acme.customer_id)} == {until}


def test_what_may_be_there_already_says_that_it_is_sent_again(app: Flask, acme: Customer, tmp_path: Path) -> None:
    with receiving(tmp_path) as receiver, clock.at(clock.now()):
        joins(acme, receiver.slack("500"))
        fell_low(acme, "one")
        assert send() == 1
        with later(timedelta(minutes=1)):
            assert send() == 1
        first, second = texts(receiver)
    assert chat.AGAIN not in first and second == f"{first}\n{chat.AGAIN}"


def test_a_worker_killed_over_a_message_leads_to_one_that_says_so(app: Flask, acme: Customer, tmp_path: Path) -> None:
    with receiving(tmp_path) as receiver, clock.at(clock.now()):
        joins(acme, receiver.slack())
        fell_low(acme, "one")
        fan_out.spread_due()
        with as_service("a worker that dies after its claim"):
            deliveries._claim([], deliveries._waiting(16, []))
        assert deliveries.send_due() == 0
        with later(deliveries.LEASE):
            assert deliveries.send_due() == 1
        assert texts(receiver)[0].endswith(chat.AGAIN)


def test_a_channel_of_the_other_kind_gets_no_message_of_the_first(app: Flask, acme: Customer, tmp_path: Path) -> None:
    with receiving(tmp_path) as receiver:
        joins(acme, receiver.slack())
        fell_low(acme, "one")
        fan_out.spread_due()
        joins(acme, receiver.teams(), Form.TEAMS)
        assert deliveries.send_due() == 0
        assert receiver.requests() == []
    assert (only(acme.customer_id).state, only(acme.customer_id).problem) == ("dropped", deliveries.OTHER_FORM)


@pytest.mark.both_databases
def test_a_paused_channel_gets_nothing_and_nothing_afterwards(app: Flask, acme: Customer, tmp_path: Path) -> None:
    with receiving(tmp_path) as receiver:
        joined = joins(acme, receiver.slack())
        fell_low(acme, "before")
        fan_out.spread_due()
        paused = channels.pause(acme.customer_id, joined.version, by="alice")
        fell_low(acme, "meanwhile")
        fan_out.spread_due()
        with pytest.raises(Refused) as refused:
            channels.send_test(acme.customer_id, by="alice")
        assert refused.value.reason == "chat_off"
        channels.resume(acme.customer_id, paused.version, by="alice")
        assert send() == 0
        channels.send_test(acme.customer_id, by="alice")
        assert send() == 1
        (got,) = texts(receiver)
    assert got.startswith("*This is a test*\n")


def test_the_second_of_two_tabs_is_refused(app: Flask, acme: Customer) -> None:
    hook = "http://127.0.0.1:9/services/a"
    joined = joins(acme, hook)
    for change in (
        lambda: channels.save(acme.customer_id, Form.TEAMS, hook, 0, by="alice"),
        lambda: channels.pause(acme.customer_id, 0, by="alice"),
        lambda: channels.remove(acme.customer_id, joined.version + 1, by="alice"),
    ):
        with pytest.raises(Refused) as refused:
            change()
        assert (refused.value.reason, refused.value.status) == ("version_gone_by", 409)
    channels.remove(acme.customer_id, joined.version, by="alice")
    assert channel_of(acme) is None
    with pytest.raises(NotFound):
        channels.send_test(acme.customer_id, by="alice")


@pytest.mark.parametrize("url", ["http://hooks.slack.com/x", "https://10.0.0.1/x", "zebra", ""])
def test_an_address_that_leads_inside_is_refused(app: Flask, acme: Customer, url: str) -> None:
    with pytest.raises(Refused):
        joins(acme, url)
    assert channel_of(acme) is None


@pytest.mark.both_databases
def test_the_address_is_in_no_table_no_log_and_no_page_of_the_log(
    app: Flask, acme: Customer, globex: Customer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with receiving(tmp_path) as receiver:
        joins(acme, receiver.slack())
        fell_low(acme, "one")
        send()
        joins(acme, receiver.slack("404"))
        fell_low(acme, "two")
        send()
    joins(acme, f"http://127.0.0.1:9/services/{SECRET}")
    fell_low(acme, "three")
    send()
    shown = channel_of(acme)
    assert shown is not None and SECRET not in repr(shown) and shown.hint == f"127.0.0.1:9/…{SECRET[-4:]}"
    assert {attempt.url[:10] for each in log_of(acme.customer_id) for attempt in tries(each)} == {"127.0.0.1:"}
    assert SECRET not in caplog.text
    with as_service("look everywhere"):
        for table in Base.metadata.sorted_tables:
            for row in db.session.execute(select(table)).mappings():
                assert SECRET not in repr(dict(row)), table.name
    with as_customer(globex.customer_id):
        assert channels.section(globex.customer_id) == channels.Section(None, 0, ())


def test_one_that_cannot_be_read_says_so(app: Flask, acme: Customer) -> None:
    joins(acme, "http://127.0.0.1:9/services/a")
    with as_service("another SECRET_KEY"), transaction() as session:
        session.scalars(select(ChatChannel)).one().url_encrypted = "s1.AAAA"
    fell_low(acme, "one")
    assert send() == 1
    assert only(acme.customer_id).problem == "Its address cannot be read: save it again."


@pytest.mark.both_databases
def test_low_depleted_recovered_and_expiring_come_from_the_customers_own_levels(app: Flask, acme: Customer) -> None:
    joins(acme, "http://127.0.0.1:9/services/a")
    spend.gives(acme, "100")
    spend.uses(acme, "85")
    spend.decided()
    spend.uses(acme, "20")
    spend.decided()
    spend.gives(acme, "100")
    spend.decided()
    fan_out.spread_due()
    assert [each.type for each in log_of(acme.customer_id)] == ["balance.low", "balance.depleted", "balance.recovered"]
