"""What was kept of a proof is compared before it is kept anew, in turns, and at once where something was found."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app import clock, ids
from app.domain.money import Credits
from app.models.customers import Customer
from app.models.database import db
from app.models.proofs import ProvedSegment
from app.models.scope import as_service
from app.services import jobs
from app.services.usage import recording
from app.services.verification import proved, series, verify
from app.services.verification.proved import NOTHING
from app.services.verification.series import EVENTS, HOLDS, OUTBOX, TRANSFERS
from tests.services.verification.conftest import by_hand, said
from tests.support.databases import Database

SEED = 24301
FORMS = {TRANSFERS: "c0746c4df032", EVENTS: "24919f4c3cae", HOLDS: "687f8ae4e947", OUTBOX: "b84ba41a8fc1"}
"""How digests are made. Who changes that makes all that was kept impossible to compare once: `verify` says it."""
OTHERWISE = "update transfers set description = 'Something else' where id = (select max(id) from transfers)"
OF_AN_ARCHIVE = """insert into archived_usage select customer_id, '2026-01-02', 'requests', '2026-01-01', 1, 1, 1, 1, 1, 0, 0, 0
  from customers"""


@pytest.fixture
def kept(settled: None, ledger_of_acme: Customer, segments_of_two: None, database: Database) -> Iterator[str]:
    """Everything was proved and kept, two days later; yield what makes the last transfer as it was."""
    with as_service("look"):
        was = db.session.scalar(sa.text("select description from transfers order by id desc limit 1"))
        db.session.remove()
    with clock.at(clock.now() + timedelta(days=2)):
        assert verify.verify_since().violations == []
        db.session.remove()
        yield OTHERWISE.replace("Something else", str(was))


@pytest.mark.both_databases
def test_what_all_has_found_is_found_by_each_run_until_it_is_as_it_was(
    app: Flask, kept: str, database: Database
) -> None:
    """By a digest whose turn it is not, and by a proof that a run of what came since does not make."""
    for damage, back in ((OTHERWISE, kept), (OF_AN_ARCHIVE, "delete from archived_usage")):
        by_hand(database, damage)
        assert said(app)[0] == 0, "it is not its turn"
        found = [said(app, *words) for words in (["--all"], [], [])]
        assert [code for code, _output in found] == [1, 1, 1], damage
        assert found[1][1].startswith("An earlier run has found something: everything was read, and compared with ")
        by_hand(database, back)
        assert said(app)[0] == 0, "it is as it was"
        assert "were proved earlier" in said(app)[1], "and what was proved is not read again"


@pytest.mark.both_databases
def test_the_first_run_of_another_release_compares_what_the_one_before_has_kept(
    app: Flask, kept: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_hand(database, OTHERWISE)
    monkeypatch.setattr(verify, "_digest_of_proofs", lambda: "another release")
    for words in ((), ("--all",), ()):
        code, output = said(app, *words)
        assert (code, verify.TAMPERED in output) == (1, True), words
    by_hand(database, kept)
    code, output = said(app)
    assert (code, "Another release, which proves something else, has kept" in output) == (0, True)
    assert "were proved earlier" in said(app)[1]


@pytest.mark.both_databases
def test_digests_that_another_release_has_made_otherwise_are_said_to_be_unseen(
    app: Flask, kept: str, database: Database
) -> None:
    by_hand(database, "update proved_segments set form = 'of another' where series = 'transfers'")
    code, output = said(app, "--all")
    assert (code, verify.TAMPERED in output) == (1, True), "of this release there are none"
    many = _scalar("select count(*) from proved_segments where series = 'transfers'")
    rows = _scalar("select count(*) from transfers")
    by_hand(database, "update proved_segments set proofs = 'of another', found_at = null")
    by_hand(database, OTHERWISE)
    code, output = said(app)
    assert (code, f"{many} digests, of {rows} rows, could not be compared" in output) == (0, True), output
    assert {name: series.form(name) for name in proved.EACH} == FORMS
    assert _scalar("select count(distinct form) from proved_segments") == len(FORMS)
    assert said(app, "--all")[0] == said(app)[0] == 0
    by_hand(database, "delete from proved_segments")
    assert said(app, "--all")[1].startswith(
        "Nothing is kept of an earlier proof: everything was read, and compared with 0"
    )


def test_a_clock_that_was_set_back_is_said_and_everything_is_compared(
    app: Flask, kept: str, database: Database
) -> None:
    by_hand(database, OTHERWISE)
    with clock.at(clock.now() - timedelta(days=2)):
        code, output = said(app)
        assert (code, verify.TAMPERED in output) == (1, True)
        assert output.startswith("The clock stands before the day up to which everything was proved: everything was")
        by_hand(database, kept)
        assert said(app)[0] == 0


@pytest.mark.usefixtures("settled")
def test_within_as_many_runs_as_are_said_each_digest_is_compared_once(
    app: Flask, ledger_of_acme: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Segments of drawn length, three rows or two segments a turn; what is kept meanwhile does not come before them."""
    draw = random.Random(SEED)  # noqa: S311  # the same each time
    monkeypatch.setattr(proved, "MOST_OF_A_SEGMENT", 3)
    monkeypatch.setattr(proved, "MOST_OF_A_TURN", 2)
    for _ in range(8):
        _use(ledger_of_acme.customer_id, draw.randrange(1, 6))
        assert verify.verify_since().violations == []
    for _ in range(2):
        began, first = clock.now(), verify.verify_since()
        assert first.runs > 2
        for number in range(1, first.runs):
            assert _longest_unread() < began, f"after {number} of {first.runs} runs"
            _use(ledger_of_acme.customer_id, draw.randrange(3))
            assert verify.verify_since().violations == []
        assert _longest_unread() > began


@pytest.mark.usefixtures("settled")
def test_rows_of_days_that_were_proved_may_come_later(app: Flask, ledger_of_acme: Customer, database: Database) -> None:
    """As where a history is imported, or in the demo: what is new is read, and the totals of the days it is booked on."""
    assert verify.verify_since().violations == []
    with clock.at(clock.now() - timedelta(days=40)):
        _use(ledger_of_acme.customer_id, 2)
    verdict = verify.verify_since()
    assert (verdict.violations, verdict.before != NOTHING) == ([], True)
    assert verdict.before.days_before == (clock.now() - timedelta(days=40)).date()
    with clock.at(clock.now() - timedelta(days=40)):
        _use(ledger_of_acme.customer_id, 2)
    by_hand(
        database,
        "update balance_days set used_micros = used_micros + 1 where day = (select min(day) from balance_days)",
    )
    sentences = [each.sentence for each in verify.verify_since().violations]
    assert "the totals of a day are not those of its rows and of what was used on it" in sentences


def _use(customer_id: str, times: int) -> None:
    for _ in range(times):
        recording.record(customer_id, key=ids.new("key"), credits=Credits(1_000), description="Requests")
    db.session.remove()


def _longest_unread() -> datetime:
    with as_service("look at turns"):
        read_at = db.session.scalar(sa.select(sa.func.min(ProvedSegment.read_at)))
        db.session.rollback()
    assert read_at is not None
    return read_at


def _scalar(sql: str) -> int:
    with as_service("count"):
        found = db.session.scalar(sa.text(sql))
        db.session.rollback()
    return int(found or 0)


@pytest.mark.usefixtures("settled")
def test_a_clock_far_behind_the_newest_transfer_names_no_healthy_books(app: Flask, ledger_of_acme: Customer) -> None:
    """The ids of events that stood then are trimmed: none of them is missing."""
    with clock.at(clock.now() + timedelta(days=60)):
        _use(ledger_of_acme.customer_id, 2)
        jobs.run_due()
        assert verify.verify() == []
    assert verify.verify() == []
