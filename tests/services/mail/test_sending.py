"""Sending mails when something is wrong: each arrives at least once, as the same mail, or is given up in plain sight."""

import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import update

from app import clock
from app.config import Settings
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.models.mails import Mail
from app.models.scope import as_service
from app.services.mail import sending as mail_sending
from app.services.mail.sending import LEASE, MAX_TRIES
from app.services.outbox import mails
from app.services.transaction import transaction
from tests.support import post, programs
from tests.support.client import outside_contexts
from tests.support.databases import environment
from tests.support.mail_server import SENDER, MailServer, mail_server
from tests.support.ports import free_port

DAY = timedelta(days=1)


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


def state(customer: Customer) -> tuple[str, int, str]:
    row = post.mail(customer)
    return row.state, row.tries, row.problem


def test_a_passing_refusal_is_tried_again_later(sending: MailServer, acme: Customer, alice_actor: Actor) -> None:
    post.paid(alice_actor)
    sending.will("RCPT", "450 mailbox busy")
    before = clock.now()
    assert mail_sending.send_due() == 0
    assert state(acme) == ("pending", 1, "recipient_refused 450")
    wait = post.mail(acme).next_try_at - before
    assert timedelta(seconds=25) < wait < timedelta(minutes=2)
    assert mail_sending.send_due() == 0 and state(acme)[1] == 1
    assert later(wait + timedelta(seconds=1)) == 1
    assert state(acme) == ("sent", 2, "") and len(sending.mails) == 1


def test_a_refusal_for_good_is_the_end(sending: MailServer, acme: Customer, alice_actor: Actor) -> None:
    post.paid(alice_actor)
    sending.will("RCPT", "550 no such user")
    assert mail_sending.send_due() == 1
    assert state(acme) == ("dead", 1, "recipient_refused 550")
    assert later(DAY) == 0 and sending.mails == []


def test_after_ten_tries_it_is_given_up_and_says_why(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    nobody = MailServer(free_port())
    post.sends_by(app, nobody)
    post.paid(alice_actor)
    waits = []
    for number in range(MAX_TRIES):
        with clock.at(post.mail(acme).next_try_at):
            assert mail_sending.send_due() == (number + 1 == MAX_TRIES)
            waits.append(post.mail(acme).next_try_at - clock.now())
    assert state(acme) == ("dead", MAX_TRIES, "unreachable ConnectionRefusedError")
    assert waits[:-1] == sorted(waits[:-1]) and sum(waits[:-1], timedelta()) > timedelta(hours=4)
    assert later(7 * DAY) == 0


def test_when_nobody_can_be_reached_the_others_keep_their_tries(
    app: Flask, acme: Customer, alice_actor: Actor, server: MailServer
) -> None:
    for _ in range(3):
        post.paid(alice_actor)
    post.sends_by(app, MailServer(free_port()))
    assert mail_sending.send_due() == 0
    assert sorted(each.tries for each in post.mails(acme)) == [0, 0, 1]
    post.sends_by(app, server)
    assert later(DAY) == 3 and len(server.mails) == 3


def test_a_connection_lost_after_the_mail_was_taken_brings_the_same_mail_twice(
    sending: MailServer, acme: Customer, alice_actor: Actor
) -> None:
    post.asked(alice_actor)
    sending.will("DATA", "reset")
    assert mail_sending.send_due() == 0 and state(acme) == ("pending", 1, "connection_lost")
    assert later(timedelta(hours=1)) == 1 and state(acme)[0] == "sent"
    first, second = sending.mails
    assert first["Message-ID"] == second["Message-ID"] == f"<{post.mail(acme).id}@relay.example>"


@pytest.mark.both_databases
@pytest.mark.fault("A8")
def test_a_worker_killed_after_the_mail_was_taken_sends_the_same_mail_again(
    settings: Settings, sending: MailServer, acme: Customer, alice_actor: Actor
) -> None:
    post.paid(alice_actor)
    environ = environment(settings, MAIL_URL=sending.url, MAIL_FROM=SENDER)
    worker = programs.start("flask", "--app", "wsgi", "portal", "run-due", env=environ)
    sending.after_data = lambda: os.kill(worker.pid, signal.SIGKILL)
    said, _none = worker.communicate(timeout=60)
    assert worker.returncode == -signal.SIGKILL, said[-3000:]
    assert len(sending.mails) == 1 and state(acme) == ("pending", 1, "")
    sending.after_data = None
    assert mail_sending.send_due() == 0
    assert later(LEASE + timedelta(seconds=1)) == 1
    assert state(acme) == ("sent", 2, "")
    assert len(sending.mails) == 2 and len({mail["Message-ID"] for mail in sending.mails}) == 1


@pytest.mark.both_databases
def test_a_worker_that_was_too_slow_changes_nothing_any_more(
    app: Flask, sending: MailServer, acme: Customer, alice_actor: Actor
) -> None:
    post.paid(alice_actor)

    def another_takes_over() -> None:
        with app.app_context(), as_service("test"), transaction() as session:
            mine = Mail.customer_id == acme.customer_id
            session.execute(update(Mail).where(mine).values(tries=2, problem="taken over"))

    sending.after_data = another_takes_over
    assert mail_sending.send_due() == 0
    assert state(acme) == ("pending", 2, "taken over")


@pytest.mark.both_databases
def test_many_workers_send_each_mail_once(app: Flask, sending: MailServer, acme: Customer, alice_actor: Actor) -> None:
    payments = [post.paid(alice_actor) for _ in range(6)]
    start, done = Barrier(4), []

    def work() -> None:
        start.wait(60)
        with app.app_context():
            done.append(mail_sending.send_due())
            db.session.remove()

    threads = [Thread(target=work) for _ in range(4)]
    with outside_contexts():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert sum(done) == 6 and len(done) == 4
    texts = [str(next(mail.iter_parts()).get_content()) for mail in sending.mails]
    assert sorted(payment.id for payment in payments for text in texts if payment.id in text) == sorted(
        payment.id for payment in payments
    )


def test_a_mail_that_cannot_be_put_into_words_keeps_nobody_waiting(
    sending: MailServer, acme: Customer, alice_actor: Actor
) -> None:
    with as_service("test"), transaction() as session:
        mails.write(session, acme.customer_id, "receipt", key="receipt:x", to="x@acme.example", payment="pay_none")
    post.paid(alice_actor)
    assert mail_sending.send_due() == 1
    broken, good = post.mails(acme)
    assert (broken.state, broken.problem, good.state) == ("pending", "failed", "sent")
    for number in range(1, MAX_TRIES):
        later(number * DAY)
    assert (post.mails(acme)[0].state, post.mails(acme)[0].problem) == ("dead", "failed")


@pytest.mark.both_databases
def test_a_mail_that_ends_its_worker_each_time_is_given_up(
    sending: MailServer, acme: Customer, alice_actor: Actor
) -> None:
    post.paid(alice_actor)
    with as_service("test"), transaction() as session:
        session.execute(update(Mail).where(Mail.customer_id == acme.customer_id).values(tries=MAX_TRIES))
    assert mail_sending.send_due() == 1
    assert state(acme) == ("dead", MAX_TRIES + 1, "interrupted") and sending.mails == []


def test_an_address_that_is_two_gets_nothing(sending: MailServer, acme: Customer, alice_actor: Actor) -> None:
    with as_service("test"), transaction() as session:
        evil = "a@acme.example\r\nBcc: mallory@globex.example"
        session.execute(update(Customer).where(Customer.customer_id == acme.customer_id).values(email=evil))
    post.paid(alice_actor)
    assert mail_sending.send_due() == 1
    assert state(acme) == ("dead", 1, "address_or_header_malformed") and sending.recipients == []
