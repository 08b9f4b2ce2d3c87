"""A customer corrects an invoice: three documents whose sum is the right one, and tax paid too much goes back once."""

from dataclasses import replace
from datetime import timedelta
from threading import Thread

import pytest
from flask import Flask
from sqlalchemy import create_engine, pool, select, text

from app import clock
from app.config import Settings
from app.domain.errors import Refused
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.models.corrections import Correction
from app.models.customers import Customer
from app.models.database import db
from app.models.events import OutboxEvent
from app.models.reversals import Refund
from app.models.scope import as_service
from app.services.customers import address
from app.services.verification.verify import verify
from tests.support.corrections import NEW_YORK, OSLO, at, corrects, seen
from tests.support.databases import Database
from tests.support.documents import documents_of, let_documents_change, sold_at_use
from tests.support.reversals import buys, later, sends_back

OSLO_NOW = at(OSLO, po_number="4500012345")


@pytest.mark.both_databases
def test_a_wrong_address_is_corrected_by_three_documents_that_are_the_right_invoice(
    app: Flask, acme: Customer, alice_actor: Actor
) -> None:
    payment = buys(app, alice_actor, 2500)
    (wrong,) = documents_of(acme)
    made = corrects(acme, wrong, OSLO_NOW)
    wrong, note, right = documents_of(acme)
    assert [(each.kind, each.state) for each in (wrong, note, right)] == [
        ("invoice", "paid"), ("credit_note", "issued"), ("invoice", "paid"),
    ]  # fmt: skip
    assert wrong.total_minor - note.total_minor + right.total_minor == 2500
    assert (wrong.is_corrected, wrong.returned_minor, note.returns_id) == (True, 2500, wrong.id)
    assert (right.buyer_company, right.buyer_country, right.po_number) == ("Small AS", "NO", "4500012345")
    assert (wrong.buyer_company, wrong.po_number, note.buyer_company) == ("", "", "")
    assert (right.payment_id, right.paid_at, right.paid_with) == (payment.id, wrong.paid_at, wrong.paid_with)
    assert len({each.number for each in (wrong, note, right)}) == 3
    assert (made.difference_minor, made.refund_id) == (0, None)
    with as_service("look at events"):
        events = db.session.scalars(
            select(OutboxEvent.type).where(OutboxEvent.source_id.in_([right.id, made.id]))
        ).all()
    assert sorted(events) == ["invoice.corrected", "invoice.finalized"]
    assert verify() == []
    sends_back(payment, 1000)  # what goes back later is returned of the invoice in its place
    assert [each.returned_minor for each in documents_of(acme)] == [2500, 0, 1000, 0]
    assert documents_of(acme)[3].returns_id == right.id
    assert verify() == []


@pytest.mark.both_databases
def test_two_presses_are_one_correction_and_a_changed_one_is_refused(
    app: Flask, acme: Customer, alice_actor: Actor
) -> None:
    buys(app, alice_actor, 2500)
    (wrong,) = documents_of(acme)
    mark = seen(acme, wrong, OSLO_NOW).mark
    made: list[str] = []

    def press() -> None:
        with app.app_context():
            made.append(corrects(acme, wrong, OSLO_NOW, mark).id)

    presses = [Thread(target=press) for _ in range(3)]
    for each in presses:
        each.start()
    for each in presses:
        each.join()
    assert len(made) == 3
    assert len(set(made)) == 1
    assert len(documents_of(acme)) == 3
    with pytest.raises(Refused) as other:
        corrects(acme, wrong, at(NEW_YORK), "another")
    assert other.value.reason == "corrected_already"
    for changed in (at(NEW_YORK), replace(OSLO_NOW, po_number="8"), replace(OSLO_NOW, registration_id="reg_0")):
        with pytest.raises(Refused) as used:
            corrects(acme, wrong, changed, mark)
        assert (used.value.reason, used.value.status) == ("form_already_used", 409)
    right = documents_of(acme)[2]
    with pytest.raises(Refused) as gone:
        corrects(acme, right, at(NEW_YORK), mark)
    assert (gone.value.reason, gone.value.status) == ("preview_gone_by", 409)
    assert len(documents_of(acme)) == 3


def test_what_is_corrected_wrongly_is_corrected_again_within_the_same_days(app: Flask, acme: Customer, alice_actor: Actor) -> None:  # fmt: skip
    buys(app, alice_actor, 2500)
    corrects(acme, documents_of(acme)[0], at(OSLO))
    with clock.at(clock.now() + timedelta(days=29)):
        corrects(acme, documents_of(acme)[2], at(NEW_YORK))
    assert [each.buyer_country for each in documents_of(acme) if each.kind == "invoice"] == ["", "NO", "US"]
    sums = sum(each.total_minor * (-1 if each.kind == "credit_note" else 1) for each in documents_of(acme))
    assert sums == 2500
    with clock.at(clock.now() + timedelta(days=31)), pytest.raises(Refused) as late:
        seen(acme, documents_of(acme)[4], at(OSLO))
    assert late.value.reason == "too_old"
    assert verify() == []


def test_what_may_not_be_corrected_is_refused_with_the_reason(
    app: Flask, settings: Settings, acme: Customer, alice_actor: Actor
) -> None:
    """`tests/domain/invoices/test_corrections.py` has every reason; here are those that other rows say."""
    customer = sold_at_use()
    buys(app, replace(alice_actor, customer_id=customer.customer_id), 2500)
    disputed = buys(app, alice_actor, 2500)
    controls.dispute(settings, disputed.processor_id or "")
    returned = buys(app, alice_actor, 2500)
    sends_back(returned, 100)
    buys(app, alice_actor, 2500)
    later(app)
    papers = {each.payment_id: each for each in documents_of(acme) if each.kind == "invoice"}
    corrects(acme, last := list(papers.values())[-1], at(OSLO))
    cases = [
        (customer, documents_of(customer)[0], at(OSLO), "not_an_invoice"),
        (acme, papers[disputed.id], at(OSLO), "disputed"),
        (acme, papers[returned.id], at(OSLO), "returned"),
        (acme, last, at(NEW_YORK), "corrected_already"),
        (acme, documents_of(acme)[-1], at(OSLO), "nothing_changes"),
        (acme, documents_of(acme)[-1], replace(at(NEW_YORK), registration_id="txr_none"), "registration_unknown"),
    ]
    for whose, document, wanted, reason in cases:
        with pytest.raises(Refused) as no:
            seen(whose, document, wanted)
        assert no.value.reason == reason


def test_later_changes_change_no_document(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    buys(app, alice_actor, 2500)
    corrects(acme, documents_of(acme)[0], at(OSLO))
    before = [(each.buyer_company, each.buyer_city, each.tax_minor) for each in documents_of(acme)]
    address.change(acme.customer_id, NEW_YORK, "", 0, by="mem_alice", as_typed=True)
    assert [(each.buyer_company, each.buyer_city, each.tax_minor) for each in documents_of(acme)] == before
    with as_service("count"):
        assert len(db.session.scalars(select(Correction)).all()) == 1
        assert db.session.scalars(select(Refund)).all() == []


DAMAGES = [
    "update corrections set difference_minor = 1, refund_id = 'ref_none'",
    "update corrections set credit_note_id = 'none'",
    "update corrections set replacement_id = corrected_id",
    "update corrections set payment_id = 'none'",
    "delete from corrections",
]


def test_a_correction_that_was_damaged_is_named(
    app: Flask, database: Database, acme: Customer, alice_actor: Actor
) -> None:
    buys(app, alice_actor, 2500)
    made = corrects(acme, documents_of(acme)[0], at(OSLO))
    with create_engine(database.superuser_url, poolclass=pool.NullPool).connect() as connection:
        let_documents_change(connection)
        for damage in DAMAGES:
            kept = connection.execute(text("select * from corrections")).mappings().one()
            connection.execute(text(damage))
            connection.commit()
            assert {"I26"} <= {each.invariant for each in verify()}, damage
            connection.execute(text("delete from corrections"))
            names = ", ".join(kept)
            values = ", ".join(f":{name}" for name in kept)
            connection.execute(text(f"insert into corrections ({names}) values ({values})"), dict(kept))
            connection.commit()
    assert made.id
    assert verify() == []
