"""The seller's commands about credit: who and why are kept, each is done once, and what cannot be done is one line."""

import json

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from app.domain.money import Credits
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.models.events import AuditEntry
from app.models.ledger import Grant, Transfer
from app.models.scope import as_service
from app.services.usage import recording
from app.services.verification.verify import verify
from tests.support.client import outside_contexts
from tests.support.reversals import buys
from tests.support.shop import remaining

UNIT = 1_000_000


def _run(app: Flask, *words: str) -> Result:
    with outside_contexts():
        return app.test_cli_runner().invoke(args=["portal", *words])


def _printed(app: Flask, *words: str) -> str:
    done = _run(app, *words)
    assert (done.exit_code, done.stderr) == (0, ""), done.output
    return done.output.strip()


def _given(app: Flask, customer: Customer, credits: int) -> str:  # noqa: A002  # the product's word
    return _printed(app, "grant", "--customer", customer.customer_id, "--credits", str(credits), "--reason", "Welcome")


def _used(customer: Customer, credits: int, key: str) -> str:  # noqa: A002  # the product's word
    used = recording.record(customer.customer_id, key=key, credits=Credits(credits * UNIT), description="Requests")
    return used.id


def _kept(action: str) -> list[tuple[str, str, object]]:
    """Return who did it, to what and why, as the audit trail says."""
    with as_service("look at what was kept"):
        rows = db.session.scalars(select(AuditEntry).where(AuditEntry.action == action)).all()
    return [(each.actor, each.subject, json.loads(each.after)["reason"]) for each in rows]


def _transfers() -> list[Transfer]:
    with as_service("look at the ledger"):
        return list(db.session.scalars(select(Transfer).order_by(Transfer.sequence)))


@pytest.mark.both_databases
@pytest.mark.case("AC-34")
def test_usage_is_corrected_once_and_who_and_why_are_kept(app: Flask, acme: Customer) -> None:
    grant = _given(app, acme, 100)
    wrong = _used(acme, 60, "k")
    words = ("correct", wrong, "--reason", "Counted twice", "--by", "maria@seller.example")
    made = _printed(app, *words)
    assert made.startswith("txn_")
    assert _printed(app, *words) == _printed(app, "correct", wrong, "--reason", "Once more") == made
    assert remaining(acme) == 100 * UNIT
    assert [(each.id, each.corrects_id, each.change_micros) for each in _transfers() if each.kind == "correction"] == [
        (made, wrong, 60 * UNIT)
    ]
    assert _kept("transfer.corrected") == [("maria@seller.example", wrong, "Counted twice")]
    with as_service("look at the grant"):
        assert db.session.get_one(Grant, grant).remaining_micros == 100 * UNIT
    assert verify() == []


def test_a_grant_is_voided_once_and_who_and_why_are_kept(app: Flask, acme: Customer) -> None:
    grant = _given(app, acme, 100)
    _used(acme, 60, "k")
    assert _printed(app, "void-grant", grant, "--reason", "By mistake") == grant
    assert _printed(app, "void-grant", grant, "--reason", "Again", "--by", "somebody else") == grant
    assert remaining(acme) == 0
    assert [each.change_micros for each in _transfers() if each.kind == "voided"] == [-40 * UNIT]
    assert _kept("grant.voided") == [("seller", grant, "By mistake")]
    assert verify() == []


def test_what_cannot_be_done_is_one_line_and_changes_nothing(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    buys(app, alice_actor, 2500)
    grant, used = _given(app, acme, 100), _used(acme, 60, "k")
    fixed = _printed(app, "correct", used, "--reason", "Counted twice")
    rows = {each.kind: each.id for each in _transfers()}
    before = len(_transfers())
    only_usage = "Only usage is corrected. A grant is voided, and money goes back by a refund."
    unseen = "The reason has a line break or an invisible character. Enter it without."
    for words, sentence in [
        (("correct", "txn_nothing"), "There is no such movement."),
        (("correct", rows["promotional"]), only_usage),
        (("correct", rows["purchased"]), only_usage),
        (("correct", rows["payment"]), only_usage),
        (("correct", rows["sale"]), only_usage),
        (("correct", fixed), only_usage),
        (("void-grant", "grt_nothing"), "There is no such grant."),
        (("void-grant", grant, "--by", " "), "Give a name and a reason for voiding the grant."),
        (("correct", used, "--by", ""), "Give a name and a reason for the correction."),
        (("correct", used, "--by", "ma\nria"), unseen),
        (("void-grant", grant, "--by", "ma\x00ria"), unseen),
    ]:
        refused = _run(app, *words, "--reason", "Why")
        assert (refused.exit_code, refused.stdout, refused.stderr) == (1, "", f"{sentence}\n"), words
    for command in ("correct", "void-grant"):
        assert _run(app, command, grant).exit_code == 2  # without a reason
        assert _run(app, command, grant, "--reason", " \t").exit_code == 1
    for command in (
        ("void-grant", grant),
        ("correct", used),
        ("grant", "--customer", acme.customer_id, "--credits", "1"),
    ):
        refused = _run(app, *command, "--reason", "w" * 301)
        assert (refused.exit_code, refused.stdout) == (1, ""), command
        assert refused.stderr == "The reason is longer than 300 characters. Shorten it.\n"
    described = ("--reason", "Why", "--description", "w" * 301)
    refused = _run(app, "grant", "--customer", acme.customer_id, "--credits", "1", *described)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == "The description is longer than 300 characters. Shorten it.\n"
    assert len(_transfers()) == before
    assert _kept("grant.voided") == []
    assert verify() == []
