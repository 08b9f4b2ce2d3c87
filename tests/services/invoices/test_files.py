"""The files of documents: made once beside everything else, the same bytes for ever, and put aside where that fails."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import undefer

from app import clock
from app.config import WrongSetting
from app.domain.errors import Broken, NotOffered
from app.domain.people.members import Actor
from app.gateways.pdf.renderer import Renderer, RenderFailed
from app.models.customers import Customer
from app.models.database import db
from app.models.document_files import DocumentFile
from app.models.documents import Document
from app.models.scope import as_customer, as_service
from app.services.catalog import versions
from app.services.invoices import file_making, files
from app.services.operations import dead_letters
from app.services.papers import claims
from tests.services.test_poisoned import poison
from tests.support import cast
from tests.support.databases import Database, settings_for
from tests.support.documents import documents_of, let_documents_change
from tests.support.pdfs import text_of
from tests.support.reversals import buys, sends_back

HOUR, YEARS = timedelta(hours=1), timedelta(days=4000)


class Stand:
    """Stands in for what draws, and does as it is asked: no input is known that makes the real one fail."""

    def __init__(self, draw: Callable[[str], bytes]) -> None:
        self.draw, self.drawn = draw, list[str]()

    def render(self, html: str, *, made_at: datetime) -> bytes:
        assert made_at <= clock.now()
        self.drawn.append(html)
        return self.draw(html)

    def close(self) -> None:
        """There is nothing to end."""


def never(_html: str) -> bytes:
    raise RenderFailed("too_long")


def rows() -> list[DocumentFile]:
    with as_service("look at files"):
        wanted = select(DocumentFile).options(undefer(DocumentFile.content)).order_by(DocumentFile.id)
        return list(db.session.scalars(wanted.execution_options(populate_existing=True)))


def stored(customer: Customer, document: Document) -> files.StoredFile:
    with as_customer(customer.customer_id):
        return files.of(document.id, files.PDF)


@pytest.mark.both_databases
def test_every_document_gets_its_pdf_once_and_it_says_what_the_document_says(
    app: Flask, drawing: Renderer, acme: Customer, alice_actor: Actor
) -> None:
    sends_back(buys(app, alice_actor, 2500), 1000)
    assert [(row.state, row.tries) for row in rows()] == [("pending", 0)] * 2
    assert file_making.make_due() == 2
    assert file_making.make_due() == 0
    for document, row in zip(documents_of(acme), rows(), strict=True):
        file = stored(acme, document)
        assert (row.document_id, row.state, row.size) == (document.id, "made", len(file.content))
        assert row.sha256 == file.sha256 == hashlib.sha256(file.content).hexdigest()
        assert document.number in text_of(file.content)
        with as_customer(acme.customer_id):
            assert files.of(document.id, files.PDF, known=file.sha256) == replace(file, content=b"")
            assert files.of(document.id, files.PDF, known="0" * 64) == file
        assert file.name == f"{document.kind.replace('_', '-')}-{document.number}.pdf"


@pytest.mark.both_databases
def test_it_is_the_same_years_later_whatever_has_changed_and_no_hand_can_change_it(
    app: Flask, drawing: Renderer, database: Database, acme: Customer, alice_actor: Actor
) -> None:
    buys(app, alice_actor, 2500)
    (document,) = documents_of(acme)
    file_making.make_due()
    before = stored(acme, document)
    renamed = (cast.EXAMPLES / f"{cast.CATALOG}.toml").read_text().replace(document.seller_name, "Renamed Ltd")
    versions.apply(renamed)
    file_making.the_printer.set(app, lambda _parts: "<html><body>another template</body></html>")
    with clock.at(clock.now() + YEARS):
        assert file_making.make_due() == 0
        assert stored(acme, document) == before
    engine = create_engine(database.owner_url)
    changes = (
        "update document_files set content = 'x', size = 1",
        "update document_files set state = 'pending'",
        "delete from document_files",
    )
    for change in changes:
        with pytest.raises(DBAPIError, match="final"), engine.begin() as connection:
            if database.kind == "postgresql":
                connection.execute(text("alter table document_files no force row level security"))
            connection.execute(text(change))
    engine.dispose()
    assert stored(acme, document) == before


def test_what_is_not_what_was_made_is_never_sent(
    app: Flask, drawing: Renderer, database: Database, acme: Customer, alice_actor: Actor
) -> None:
    buys(app, alice_actor, 2500)
    file_making.make_due()
    engine = create_engine(database.superuser_url)
    with engine.begin() as connection:
        let_documents_change(connection)
        connection.execute(text("update document_files set content = :damaged, size = 7"), {"damaged": b"damaged"})
    engine.dispose()
    with pytest.raises(Broken):
        stored(acme, documents_of(acme)[0])


def test_where_none_are_made_there_is_none_to_read(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    buys(app, alice_actor, 2500)
    assert file_making.make_due() == 0
    with pytest.raises(NotOffered):
        stored(acme, documents_of(acme)[0])


def test_until_it_is_made_there_is_none_to_read(
    app: Flask, drawing: Renderer, acme: Customer, alice_actor: Actor
) -> None:
    buys(app, alice_actor, 2500)
    with pytest.raises(files.NotMade):
        stored(acme, documents_of(acme)[0])


@pytest.mark.fault("A10")
def test_what_fails_is_tried_again_more_seldom_then_put_aside_and_taken_up_by_a_command(
    app: Flask, drawing: Renderer, acme: Customer, alice_actor: Actor
) -> None:
    buys(app, alice_actor, 2500)
    stand = Stand(never)
    file_making.the_renderer.set(app, stand)
    now, waits = clock.now(), []
    for _ in range(20):
        with clock.at(now):
            file_making.make_due()
        (row,) = rows()
        if row.state == "dead":
            break
        waits.append(row.next_try_at - now)
        now = row.next_try_at
    assert (row.state, row.tries, row.problem) == ("dead", claims.MAX_TRIES, "too_long")
    assert len(stand.drawn) == claims.MAX_TRIES
    assert waits[0] < timedelta(minutes=1) < waits[-1] < timedelta(hours=2)
    (letter,) = dead_letters.listed()
    assert (letter.kind, letter.about, letter.problem) == ("file", f"pdf {documents_of(acme)[0].id}", "too_long")
    file_making.the_renderer.set(app, drawing)
    assert dead_letters.run_again(letter.id) == 1
    assert file_making.make_due() == 1
    assert dead_letters.listed() == []


def test_a_document_that_cannot_be_drawn_or_kept_stops_no_other(
    app: Flask,
    drawing: Renderer,
    database: Database,
    acme: Customer,
    globex: Customer,
    alice_actor: Actor,
    mallory_actor: Actor,
) -> None:
    for _ in range(3):
        buys(app, alice_actor, 2500)
    buys(app, mallory_actor, 2500)
    poison(database, f"new.customer_id = '{acme.customer_id}'")
    for _ in range(4):
        file_making.make_due(2)
    assert {row.customer_id: row.state for row in rows()} == {acme.customer_id: "pending", globex.customer_id: "made"}


def test_a_bug_of_one_document_stops_no_other(
    app: Flask, drawing: Renderer, acme: Customer, alice_actor: Actor
) -> None:
    for _ in range(2):
        buys(app, alice_actor, 2500)
    first, second = documents_of(acme)

    def draw(html: str) -> bytes:
        if str(second.number) in html:
            raise ZeroDivisionError
        return b"%PDF"

    file_making.the_renderer.set(app, Stand(draw))
    assert file_making.make_due() == 1
    assert {row.document_id: (row.state, row.problem) for row in rows()} == {
        first.id: ("made", ""),
        second.id: ("pending", "ZeroDivisionError"),
    }


@pytest.mark.both_databases
def test_a_worker_killed_over_it_leaves_it_to_another_and_the_first_that_keeps_it_counts(
    app: Flask, drawing: Renderer, acme: Customer, alice_actor: Actor
) -> None:
    buys(app, alice_actor, 2500)
    later = clock.now() + claims.LEASE + timedelta(seconds=1)

    def slow(_html: str) -> bytes:
        assert file_making.make_due() == 0  # it is claimed
        file_making.the_renderer.set(app, Stand(lambda _html: b"%PDF by the other"))
        with clock.at(later):
            assert file_making.make_due() == 1
        return b"%PDF too late"

    file_making.the_renderer.set(app, Stand(slow))
    assert file_making.make_due() == 0
    assert [(row.content, row.tries) for row in rows()] == [(b"%PDF by the other", 2)]


def test_what_kills_its_worker_each_time_is_put_aside(app: Flask, drawing: Renderer, alice_actor: Actor) -> None:
    buys(app, alice_actor, 2500)

    def die(_html: str) -> bytes:
        raise SystemExit

    file_making.the_renderer.set(app, Stand(die))
    now = clock.now()
    for _ in range(claims.MAX_TRIES):
        with clock.at(now), pytest.raises(SystemExit):
            file_making.make_due()
        now += claims.LEASE + timedelta(seconds=1)
    with clock.at(now):
        assert file_making.make_due() == 0
    assert [(row.state, row.problem) for row in rows()] == [("dead", "interrupted")]


def test_the_newest_is_made_first(app: Flask, drawing: Renderer, acme: Customer, alice_actor: Actor) -> None:
    started = clock.now()
    for minutes in range(3):
        with clock.at(started + timedelta(minutes=minutes)):
            buys(app, alice_actor, 2500)
    stand = Stand(lambda _html: b"%PDF")
    file_making.the_renderer.set(app, stand)
    with clock.at(started + HOUR):
        file_making.make_due(1)
    assert str(documents_of(acme)[-1].number) in stand.drawn[0]


def test_an_engine_that_is_not_there_stops_the_start(database: Database) -> None:
    with pytest.raises(WrongSetting, match="PDF_ENGINE"):
        settings_for(database, pdf_engine="word")


def test_whoever_comes_too_late_changes_nothing_of_what_another_has_claimed(
    app: Flask, drawing: Renderer, alice_actor: Actor
) -> None:
    buys(app, alice_actor, 2500)
    with as_service("claim"):
        first = claims.claim_next(DocumentFile)
        with clock.at(clock.now() + claims.LEASE + timedelta(seconds=1)):
            second = claims.claim_next(DocumentFile)
        assert first is not None
        assert second is not None
        claims.fail(first, "late")
        assert not claims.keep(first, {"problem": "late"})
        assert claims.keep(second, {"problem": "in time"})
    assert [(row.tries, row.problem) for row in rows()] == [(2, "in time")]
