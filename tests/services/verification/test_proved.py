"""What was proved is kept, and what is read since then finds what a proof of everything finds."""

import random
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import pytest
import sqlalchemy as sa
from flask import Flask

from app import clock
from app.domain.money import Credits
from app.models.customers import Customer
from app.models.database import Base, db
from app.models.scope import as_service
from app.services.ledger import corrections, grants
from app.services.usage import recording
from app.services.verification import proved, verify
from app.services.verification.ledger_proofs import LONG
from app.services.verification.proved import NOTHING, Mark
from tests.services.verification.conftest import Damaged, by_hand, said
from tests.services.verification.test_damage import DAMAGES
from tests.support import query_plans, tiers
from tests.support.databases import Database
from tests.support.meters import accept_one, post_all

STEPS, MOVED = 24, 10
SEED = 24301
READ_WHOLE = ("select (select count(*)", "where type = 'credits.expired' order by id limit 1")
"""The number of all transfers; the events up to the first one of its type, where credit has expired since."""


@pytest.fixture
def mark(settled: None, ledger_of_acme: Customer) -> Mark:
    """How far the ledger is proved: all of it."""
    assert verify.verify_since().violations == []
    mark = _mark()
    db.session.remove()
    return mark


@pytest.mark.both_databases
@pytest.mark.usefixtures("settled")
def test_what_was_proved_is_kept_and_the_next_proof_reads_what_came_since(
    app: Flask, ledger_of_acme: Customer, globex: Customer
) -> None:
    assert verify.verify_since() == verify.Verdict([], NOTHING)
    first = _kept()
    _everything_that_moves(ledger_of_acme.customer_id)
    second = verify.verify_since()
    assert (second.violations, second.before.transfers) == ([], _count("transfers") - MOVED)
    assert _kept() == _from_the_rows() != first
    third = verify.verify_since()
    assert (third.violations, third.before.transfers) == ([], _count("transfers"))
    again = verify.verify_since(everything=True)
    assert (again.violations, again.before) == ([], NOTHING)
    assert _kept() == _from_the_rows()


@pytest.mark.usefixtures("settled")
def test_the_command_says_what_it_has_not_read_and_all_reads_it(
    app: Flask, ledger_of_acme: Customer, database: Database
) -> None:
    code, output = said(app)
    assert (code, output.splitlines()[-1]) == (0, "Every invariant holds.")
    assert output.startswith("Nothing is kept of an earlier proof")
    code, output = said(app)
    assert (code, "all digests within 1 run: " in output) == (0, True)
    assert f"{_count('transfers')} transfers and {_count('allocations')} allocations before txn_" in output
    assert said(app, "--all") == (0, "Every invariant holds.\n")
    by_hand(database, "update proved_accounts set balance = balance + 1 where name = 'revenue'")
    for words in ((), (), ("--all",)):
        code, output = said(app, *words)
        assert (code, "an account's balance is not the sum of its transfers" in output) == (1, True), words
    assert said(app, "--accept") == (0, "Every invariant holds.\n"), "the rows are right, and all sums are kept anew"
    assert said(app)[0] == 0


@pytest.mark.both_databases
@pytest.mark.usefixtures("segments_of_two")
def test_what_only_a_digest_sees_is_said_until_somebody_accepts_it(app: Flask, mark: Mark, database: Database) -> None:
    """Whoever misses one run has not lost the trace: in its turn, and at once by --all, which reads all digests."""
    described = "update transfers set description = '{}' where id = (select max(id) from transfers)"
    with as_service("look"):
        was = db.session.execute(sa.text("select description from transfers order by id desc limit 1")).scalar_one()
        db.session.remove()
    by_hand(database, described.format("Something else"))
    found = [said(app) for _ in range(_count("proved_segments"))]
    assert found[0][0] == 0 and found[-1][0] == 1, "each run reads the digest of one"
    for words in ((), ("--all",), (), ("--all",)):
        code, output = said(app, *words)
        assert (code, verify.TAMPERED in output, "verify --accept" in output) == (1, True, True), words
    by_hand(database, described.format(was))
    assert said(app)[0] == said(app, "--all")[0] == 0, "it is as it was"
    by_hand(database, described.format("Something else"))
    assert said(app, "--all")[0] == 1
    for words in (("--accept", "leave out --customer"), ("--all", "leave out --all")):
        code, output = said(app, words[0], "--customer", "cus_acme")
        assert (code, words[1] in output) == (2, True)
    assert said(app, "--accept") == (0, "Every invariant holds.\n")
    assert said(app, "--all")[0] == said(app)[0] == 0
    by_hand(database, "update accounts set balance = balance + 1 where name = 'revenue'")
    assert said(app, "--accept")[0] == 1, "an invariant is never accepted"


@pytest.mark.parametrize(
    "change",
    [
        "update transfers set description = 'Something else' where kind = 'usage'",
        "update transfers set booked_at = '2026-01-01 00:00:00' where kind = 'usage'",
        "update allocations set grant_id = (select max(id) from grants) where grant_id = (select min(id) from grants)",
        "delete from allocations where transfer_id in (select id from transfers where kind = 'usage')",
        "delete from transfers where kind = 'usage'",
    ],
)
def test_a_row_that_changed_after_it_was_proved_is_noticed(
    app: Flask, mark: Mark, damaged: Damaged, change: str
) -> None:
    assert any(verify.TAMPERED in each for each in damaged(change, mark))
    assert damaged("select 1", mark) == []


@pytest.mark.both_databases
def test_a_row_that_is_gone_or_more_is_noticed_by_their_number_wherever_it_was(
    app: Flask, segments_of_two: None, mark: Mark, damaged: Damaged
) -> None:
    for table, key in (("transfers", "id"), ("allocations", "transfer_id")):
        last = f"{key} = (select max({key}) from {table})"
        inserted = _again(table, last, {key: f"{key} || '0'", "source_id": "'else'"})
        for damage in (f"delete from {table} where {last}", inserted):
            found = damaged(damage, mark)
            assert any(f"{table} before" in each and "were proved" in each for each in found), damage
            assert not any("on, before" in each for each in found), "the digest is of others"


@pytest.mark.both_databases
def test_a_fact_that_was_proved_and_is_posted_again_is_noticed(app: Flask, mark: Mark, damaged: Damaged) -> None:
    once = "kind = 'usage' and source_id = 'k'"
    found = damaged(_again("transfers", once, {"id": "'txn_z'"}), mark)
    assert any("one fact was posted twice" in each for each in found)
    assert not any("were proved" in each for each in found), "it is a new row"


def test_every_damage_is_noticed_after_all_was_proved(app: Flask, mark: Mark, damaged: Damaged) -> None:
    damages = tiers.sample_of(DAMAGES[::5], proof=DAMAGES)
    assert [damage for _invariant, damage, _row in damages if not damaged(damage, mark)] == []


@pytest.mark.usefixtures("settled")
def test_drawn_histories_are_proved_alike_in_steps_and_at_once(
    app: Flask, ledger_of_acme: Customer, globex: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proved, "MOST_OF_A_SEGMENT", 3)
    draw = random.Random(SEED)  # noqa: S311  # the same each time
    for number in range(STEPS):
        _one_step(draw, draw.choice((ledger_of_acme.customer_id, globex.customer_id)), number)
        if draw.random() < 0.4:
            verdict = verify.verify_since()
            assert verdict.violations == verify.verify() == []
            assert _kept() == _from_the_rows(_mark().before_id)
    with as_service("look at segments"):
        assert _count("proved_segments") > 5


@pytest.mark.usefixtures("settled")
def test_a_proof_of_other_proofs_or_of_a_later_day_is_none(
    app: Flask, ledger_of_acme: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify.verify_since()
    assert verify.verify_since().before != NOTHING
    with clock.at(clock.now() - timedelta(days=2)):
        assert verify.verify_since().before == NOTHING
    verify.verify_since()
    monkeypatch.setattr(verify, "_digest_of_proofs", lambda: "another release")
    assert verify.verify_since().before == NOTHING


def test_what_is_under_way_is_left_to_the_next_proof(app: Flask, ledger_of_acme: Customer) -> None:
    assert verify.verify_since().violations == []
    assert verify.verify_since().before.transfers == 0, "all rows are of today"


def test_on_sqlite_what_came_since_is_found_by_a_key(
    app: Flask, mark: Mark, ledger_of_acme: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL goes by the length of tables, which it knows; SQLite by what a statement says."""
    monkeypatch.setattr(verify, "_TOGETHER", 1)
    _everything_that_moves(ledger_of_acme.customer_id)
    with query_plans.asked() as statements:
        assert verify.verify_since().before == mark
    with as_service("look at plans"):
        connection = db.session.connection()
        asked = [each for each in statements if each[0].split()[0].lower() in {"select", "with"}]
        found = {sql: query_plans.gone_through(connection, sql, values) & LONG for sql, values in asked}
        lines = {sql: query_plans.lines_of_sqlite(connection, sql, values) for sql, values in asked}
        db.session.rollback()
    assert len(found) > len(verify.EVERY)
    assert [sql for sql, tables in found.items() if tables and not any(each in sql for each in READ_WHOLE)] == []
    looked_up = [pair for each in lines.values() for pair in pairwise(each) if "transfer_id>" in pair[1]]
    assert [each for each, _range in looked_up if "id>" in each] == [], "for each new row, all that follow it"
    assert looked_up != [], "new ones of each customer"


def _again(table: str, where: str, other: dict[str, str]) -> str:
    """Return what inserts the row again, with other values, beside the balance history."""
    columns = Base.metadata.tables[table].c.keys()
    given = dict.fromkeys(("sequence", "change_micros", "balance_after_micros"), "null") | other
    values = ", ".join(given.get(each, each) for each in columns)
    return f"insert into {table} ({', '.join(columns)}) select {values} from {table} where {where}"  # ours


def _everything_that_moves(customer_id: str) -> None:
    """Write `MOVED` transfers: usage with a row of its own and of a day, a correction, grants that are given and void."""
    kinds = {"kind": "promotional", "granted_by": "support", "reason": "Test"}
    void = grants.give(customer_id, credits=Credits(1_000_000), **kinds)  # type: ignore[arg-type]
    grants.void(void.id, by="support", reason="A mistake")
    wrong = recording.record(customer_id, key="wrong", credits=Credits(500_000), description="Wrong")
    corrections.correct(wrong.id, by="support", reason="Wrong")
    for number in range(3):
        recording.record(customer_id, key=f"k{number}", credits=Credits(40_000), description="Requests")
    grants.give(customer_id, credits=Credits(2_000_000), **kinds)  # type: ignore[arg-type]
    accept_one(customer_id, id="later", meter="requests", quantity=2500)
    post_all(customer_id)
    db.session.remove()


def _one_step(draw: random.Random, customer_id: str, number: int) -> None:
    kinds = {"kind": "promotional", "granted_by": "support", "reason": "Test"}
    match draw.randrange(5):
        case 0:
            given = grants.give(customer_id, credits=Credits(draw.randrange(1, 9) * 1_000_000), **kinds)  # type: ignore[arg-type]
            if draw.random() < 0.3:
                grants.void(given.id, by="support", reason="A mistake")
        case 1:
            accept_one(customer_id, id=f"e{number}", meter="requests", quantity=draw.randrange(1, 3000))
        case 2:
            post_all(customer_id)
        case _:
            used = recording.record(
                customer_id, key=f"u{number}", credits=Credits(draw.randrange(1, 900_000)), description="Requests"
            )
            if draw.random() < 0.3:
                corrections.correct(used.id, by="support", reason="Wrong")
    db.session.remove()


Sums = list[tuple[object, ...]]


def _kept() -> tuple[Sums, Sums]:
    with as_service("look at what is kept"):
        accounts = db.session.execute(sa.text("select * from proved_accounts order by 1, 2, 3")).all()
        taken = db.session.execute(sa.text("select * from proved_grants order by 1, 2")).all()
        db.session.rollback()
    return [tuple(each) for each in accounts], [tuple(each) for each in taken]


def _from_the_rows(before_id: str = "u") -> tuple[Sums, Sums]:
    between = {"from_key": "", "before_key": before_id}
    with as_service("add up"):
        found = [sorted(tuple(each) for each in _sums(name, between)) for name in ("_ACCOUNTS", "_GRANTS")]
        db.session.rollback()
    return found[0], found[1]


def _sums(name: str, between: dict[str, str]) -> Iterator[tuple[object, ...]]:
    for row in proved._sums(db.session(), getattr(proved, name), between):  # the very statements
        yield tuple(row.values())


def _mark() -> Mark:
    with as_service("look at the mark"):
        mark = proved.last(db.session(), verify._digest_of_proofs())  # the very proofs
        db.session.rollback()
    assert mark != NOTHING
    return mark


def _count(table: str) -> int:
    with as_service("count"):
        many = db.session.execute(sa.text(f"select count(*) from {table}")).scalar_one()  # ours
        db.session.rollback()
    return int(many)
