"""The weekly digest: off by default, one mail a week and member whoever works, and what it says."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from app import clock
from app.domain.errors import NotFound, Refused
from app.domain.money import Credits
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.models.mails import DigestSubscription, Mail
from app.models.members import Member, Membership
from app.models.scope import as_customer, as_service
from app.services.alerts import weekly_digest
from app.services.ledger import grants
from app.services.mail import sending
from app.services.transaction import transaction
from tests.support import post, spend

SATURDAY = datetime(2026, 11, 21, 12, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 7, tzinfo=UTC)
ZURICH = "Europe/Zurich"


def on(actor: Actor, zone: str = ZURICH) -> weekly_digest.Subscription:
    with clock.at(SATURDAY):
        return weekly_digest.switch_on(actor, zone)


def written(customer: Customer) -> list[Mail]:
    with as_service("look at the mails"):
        found = select(Mail).where(Mail.customer_id == customer.customer_id, Mail.template == "weekly_digest")
        return list(db.session.scalars(found.order_by(Mail.created_at)))


def digest_of(actor: Actor) -> weekly_digest.Subscription | None:
    with as_customer(actor.customer_id):
        return weekly_digest.of(actor)


def works(at: datetime) -> int:
    with clock.at(at):
        return weekly_digest.write_due()


def test_nobody_gets_one_who_has_not_asked_for_it(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    assert works(MONDAY) == 0 and written(acme) == []


@pytest.mark.both_databases
def test_it_is_written_once_a_week_on_monday_morning(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    subscription = on(alice_actor)
    assert subscription.next_at == MONDAY
    assert works(MONDAY - timedelta(seconds=1)) == 0
    assert (works(MONDAY), works(MONDAY), works(MONDAY + timedelta(days=6))) == (1, 0, 0)
    assert works(MONDAY + timedelta(days=7)) == 1
    assert [(each.recipient, each.key.rpartition(":")[2]) for each in written(acme)] == [
        ("alice@acme.example", "2026-11-22"), ("alice@acme.example", "2026-11-29"),
    ]  # fmt: skip


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_two_workers_write_one(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    on(alice_actor)
    together, done = Barrier(2), list[int]()

    def work() -> None:
        with app.app_context(), clock.at(MONDAY):
            together.wait(60)
            done.append(weekly_digest.write_due())

    threads = [Thread(target=work) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sum(done) == 1 and len(written(acme)) == 1


def test_after_weeks_without_a_worker_there_is_one(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    on(alice_actor)
    assert works(MONDAY + timedelta(days=20)) == 1
    assert works(MONDAY + timedelta(days=20)) == 0
    assert len(written(acme)) == 1


def test_the_clock_moved_back_writes_no_second_one(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    on(alice_actor)
    works(MONDAY)
    with as_service("as after a restored clock"), transaction() as session:
        session.execute(update(DigestSubscription).values(next_at=MONDAY))
    assert works(MONDAY) == 1 and len(written(acme)) == 1


@pytest.mark.parametrize("how", ["left", "disabled"])
def test_a_member_who_is_gone_gets_none(app: Flask, acme: Customer, alice_actor: Actor, how: str) -> None:
    on(alice_actor)
    with as_service("let a member go"), transaction() as session:
        if how == "left":
            session.execute(delete(Membership).where(Membership.member_id == alice_actor.member_id))
        else:
            session.execute(update(Member).where(Member.id == alice_actor.member_id).values(disabled_at=SATURDAY))
    assert works(MONDAY) == 1 and written(acme) == []
    assert works(MONDAY + timedelta(days=7)) == 0


@pytest.mark.both_databases
def test_it_says_what_was_used_paid_left_and_expires(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    with as_service("a customer for a month"), transaction() as session:
        session.execute(update(Customer).values(created_at=SATURDAY - timedelta(days=30)))
    with clock.at(SATURDAY - timedelta(days=4)):
        post.paid(alice_actor)
        grants.give(
            acme.customer_id,
            kind="promotional",
            credits=Credits(10_000_000),
            granted_by="support",
            reason="Welcome",
            expires_at=SATURDAY + timedelta(days=20),
        )
    spend.uses(acme, "3.5", SATURDAY - timedelta(days=2))
    spend.uses(acme, "1", MONDAY)  # not over yet
    on(alice_actor)
    works(MONDAY)
    with clock.at(MONDAY):
        sending.send_due()
    mail = next(each for each in post.mails(acme) if each.template == "weekly_digest")
    words = " ".join(mail.body_text.split())
    assert mail.subject == "Your week: $3.50 used, $30.50 left"
    assert "Acme, 16 Nov 2026 to 22 Nov 2026 (whole days, UTC)." in words
    assert "Paid on 17 Nov 2026 $25.00, Visa ending in 4242" in words
    assert "Next to expire $5.50 on 11 Dec 2026" in words
    assert "Lasts until about" in words
    own = digest_of(alice_actor)
    assert own is not None
    stop = weekly_digest.link(own.id)
    assert stop in mail.body_text and stop in mail.body_html and "Stop this digest" in mail.body_html


def test_a_quiet_week_says_so(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    on(alice_actor)
    works(MONDAY)
    with clock.at(MONDAY):
        sending.send_due()
    (mail,) = post.mails(acme)
    assert mail.subject == "Your week: $0.00 used, $0.00 left" and "Nothing was paid." in mail.body_text


def test_one_that_was_stopped_before_it_left_is_not_sent(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    on(alice_actor)
    works(MONDAY)
    weekly_digest.switch_off(alice_actor)
    with clock.at(MONDAY):
        sending.send_due()
    (mail,) = written(acme)
    assert mail.state == "dropped"


def test_each_member_has_an_own_one(app: Flask, acme: Customer, alice_actor: Actor, bob_actor: Actor) -> None:
    on(alice_actor)
    on(bob_actor, "UTC")
    weekly_digest.switch_off(alice_actor)
    assert digest_of(alice_actor) is None and digest_of(bob_actor) is not None
    assert works(MONDAY) == 0  # his is due an hour later
    assert works(MONDAY + timedelta(hours=1)) == 1
    assert [each.recipient for each in written(acme)] == ["bob@acme.example"]


def test_a_zone_that_there_is_not_is_refused(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    with pytest.raises(Refused):
        on(alice_actor, "Mars/Olympus")
    assert digest_of(alice_actor) is None


def test_the_link_stops_it_and_nobody_can_make_one_up(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    address = weekly_digest.link(on(alice_actor).id)
    name, proof = address.rsplit("/", 2)[1:]
    forged = ("B" if proof[0] == "A" else "A") + proof[1:]
    for wrong in ((name, forged), ("dig_01kb0000000000000000000000", proof), ("zebra", "x")):
        with pytest.raises(NotFound):
            weekly_digest.look(*wrong)
        with pytest.raises(NotFound):
            weekly_digest.stop(*wrong, address="")
    asked = weekly_digest.look(name, proof)
    assert asked is not None and asked.email == "alice@acme.example"
    weekly_digest.stop(name, proof, address="")
    weekly_digest.stop(name, proof, address="")
    assert weekly_digest.look(name, proof) is None and digest_of(alice_actor) is None
