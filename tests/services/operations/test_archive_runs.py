"""Runs of `portal archive-events` that are killed at any moment or meet each other: each month leaves once."""

import fcntl
import signal
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app import clock
from app.config import Settings
from app.domain.errors import Refused
from app.models.database import db
from app.services.operations import archive, archive_files, archive_proof
from app.services.transaction import transaction
from app.services.verification import proved as proofs
from app.services.verification import verify
from app.services.verification.proved import Mark
from tests.services.operations.conftest import FILE_OF, MONTHS, proved, rows_of
from tests.support import programs, tiers
from tests.support.databases import Database, environment
from tests.support.worker import until

pytestmark = pytest.mark.both_databases
DEATHS = {
    "sqlite": ("insert into usage_archives", "insert into archived_usage", "delete from usage_events", "after_commit"),
    "postgresql": (
        "lock table usage_archives",
        "insert into usage_archives",
        "insert into archived_usage",
        "select purser_drop_usage_month",
        "before_commit",
        "after_commit",
    ),
}
"""Moments at which a run is killed, one run after the other; each finds what the one before has left."""
SOME_DEATHS = {
    "sqlite": ("delete from usage_events",),
    "postgresql": ("select purser_drop_usage_month", "after_commit"),
}


@pytest.mark.parametrize("killed_in", ["rename", "write_sum", "_take_out", "_add", "_of"])
def test_a_run_that_was_killed_is_gone_on_with(
    app: Flask, used: date, into: Path, monkeypatch: pytest.MonkeyPatch, killed_in: str
) -> None:
    module = archive_files if killed_in == "write_sum" else Path if killed_in == "rename" else archive
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(module, killed_in, _killed)
        archive.archive(used, into, months=MONTHS)
        raise KeyboardInterrupt  # PostgreSQL takes nothing out one by one
    db.session.remove()
    assert verify.verify_since(everything=True).violations == []
    assert archive.archive(used, into, months=MONTHS).events == 5
    assert proved() == (True, []), "what was kept of the events meanwhile has left with them"
    assert verify.verify() == []
    assert rows_of("select id from usage_events where quantity <> 250") == [("next",)]


@pytest.mark.parametrize("everything", [True, False])
def test_a_month_that_leaves_while_verify_reads_is_not_kept_as_proved(
    app: Flask, used: date, into: Path, monkeypatch: pytest.MonkeyPatch, everything: bool
) -> None:
    """What was read is from before; it is written when the events have left."""

    def after_an_archive() -> AbstractContextManager[Session]:
        monkeypatch.undo()
        archive.archive(used, into, months=MONTHS)
        return transaction()

    monkeypatch.setattr(proofs, "transaction", after_an_archive)
    assert verify.verify_since(everything=everything).violations == []
    assert proved() == (True, [])


def test_what_is_missing_because_a_month_left_while_verify_read_is_not_named(
    app: Flask, settings: Settings, used: date, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = proofs.last

    def before_an_archive(session: Session, digest: str) -> Mark:
        mark = last(session, digest)
        monkeypatch.undo()
        said, _errors = _run(settings, "stop", "nothing", used, into).communicate(timeout=60)
        assert "5 events are in" in said
        return mark

    monkeypatch.setattr(proofs, "last", before_an_archive)
    assert verify.verify_since().violations == []


@pytest.mark.fault("A3")
def test_a_run_that_is_killed_at_any_statement_is_gone_on_with(
    app: Flask, settings: Settings, used: date, into: Path, database: Database
) -> None:
    deaths = tiers.sample_of(SOME_DEATHS[database.kind], proof=DEATHS[database.kind])
    for number, moment in enumerate(deaths):
        run = _run(settings, "kill", moment, used, into)
        said, _errors = run.communicate(timeout=120)
        assert (run.wait(60), "now" in said) == (-9, True), (moment, said[-2000:])
        assert verify.verify() == [], moment
        assert number or len(rows_of("select id from usage_events")) == 7, "nothing was done"
        db.session.remove()
    on_postgresql = database.kind == "postgresql"
    assert len(rows_of("select month from usage_archives where done_at is not null")) == on_postgresql
    assert archive.archive(used, into, months=MONTHS).events == 5
    assert verify.verify() == verify.verify_since().violations == []
    assert rows_of("select id from usage_events where quantity <> 250") == [("next",)]


def test_of_two_runs_at_once_one_archives_and_the_other_says_so_or_finds_it_done(
    app: Flask, settings: Settings, used: date, into: Path, database: Database
) -> None:
    on_postgresql = database.kind == "postgresql"
    moment = "lock table usage_archives" if on_postgresql else "after_turn"
    late = _run(settings, "stop", moment, used, into)
    try:
        assert late.stdout is not None
        assert late.stdout.readline() == "now\n"
        until(lambda: programs.is_stopped(late))
        assert archive.archive(used, into, months=MONTHS).events == 5
    finally:
        late.send_signal(signal.SIGCONT)
    said, _errors = late.communicate(timeout=120)
    words = "5 events are in" if on_postgresql else "Another run has taken events of"
    assert (late.wait(60), words in said) == (0 if on_postgresql else 1, True), said[-2000:]
    assert verify.verify() == []
    assert rows_of("select id from usage_events where quantity <> 250") == [("next",)]


def test_a_month_that_another_run_took_out_while_its_file_was_read_is_found_done(
    app: Flask, used: date, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = archive._read

    def while_another_archives(path: Path) -> archive_files.Contents:
        contents = read(path)
        monkeypatch.undo()
        archive.archive(used, into, months=MONTHS)
        return contents

    monkeypatch.setattr(archive, "_read", while_another_archives)
    assert archive.archive(used, into, months=MONTHS) == archive.archive(used, into, months=MONTHS)
    assert verify.verify() == []


def test_a_month_that_another_run_took_out_while_it_was_proved_is_not_said_to_be_another(
    app: Flask, used: date, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = archive_proof.changes

    def after_another_run(*asked: object) -> Iterator[str]:
        monkeypatch.undo()
        (into / "other").mkdir()
        archive.archive(used, into / "other", months=MONTHS)
        return changes(*asked)  # type: ignore[arg-type]

    monkeypatch.setattr(archive_proof, "changes", after_another_run)
    with pytest.raises(Refused, match="Another run has taken events"):
        archive.archive(used, into, months=MONTHS)
    assert list(into.iterdir()) == [into / "other"]
    assert verify.verify() == []


def test_a_file_that_another_run_is_writing_is_left_to_it(app: Flask, used: date, into: Path) -> None:
    beside = into / f"{FILE_OF.format(used)}.part"
    with beside.open("wb") as half:
        half.write(b"half of it")
        half.flush()
        fcntl.flock(half, fcntl.LOCK_EX)
        with pytest.raises(Refused, match="Another run is writing"):
            archive.archive(used, into, months=MONTHS)
        assert beside.read_bytes() == b"half of it"
    assert archive.archive(used, into, months=MONTHS).events == 5, "the other one was killed"
    assert not beside.exists()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_month_that_others_hold_for_too_long_is_said_to_be_in_use(
    app: Flask, used: date, into: Path, database: Database
) -> None:
    engine = sa.create_engine(database.superuser_url, poolclass=sa.NullPool)

    def not_now(*asked: object) -> tuple[object, object]:
        """Wait no longer for who reads: five seconds are long."""
        statement, values = asked[2:4]
        is_last = "purser_drop_usage_month" in str(statement)
        return ("lock table usage_events in row exclusive mode nowait", {}) if is_last else (statement, values)

    sa.event.listen(db.engine, "before_cursor_execute", not_now, retval=True)
    with engine.begin() as reader, pytest.raises(Refused, match="is as it was"):
        reader.execute(sa.text("lock table usage_events in exclusive mode"))
        archive.archive(used, into, months=MONTHS)
    sa.event.remove(db.engine, "before_cursor_execute", not_now)
    assert archive.archive(used, into, months=MONTHS).events == 5


def _run(settings: Settings, how: str, moment: str, month: date, into: Path) -> programs.Program:
    """Start the command in a process of its own, that is killed or stopped at the moment."""
    words = (how, moment, f"{month:%Y-%m}", str(into), clock.now().isoformat())
    env = environment(settings, ARCHIVE_EVENTS_AFTER_MONTHS=str(MONTHS))
    return programs.start("tests.programs.archiver", *words, env=env)


def _killed(*_args: object, **_named: object) -> None:
    raise KeyboardInterrupt
