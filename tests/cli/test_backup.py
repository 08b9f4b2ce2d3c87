"""`flask portal backup`: whole beside writers, for its owner alone, never over another file; restored, the books hold."""

import os
import shutil
import sqlite3
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
from flask import Flask

from app.config import Settings
from app.domain.authorizations import AuthorizationRequest
from app.domain.errors import Refused
from app.domain.money import MICROS
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_service
from app.services.authorizations import holds
from app.services.operations.backup import take
from tests.support import cast, postgres, spend
from tests.support.databases import Database, environment
from tests.support.programs import run
from tests.support.worker import PATIENCE, until

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
WRITERS = 3


def backs_up(app: Flask, file: Path) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["portal", "backup", str(file)])
    return result.exit_code, result.output.strip()


def file_of(database: Database) -> Path:
    return Path(database.url.removeprefix("sqlite:///"))


def portal(settings: Settings, *words: str) -> tuple[int, str]:
    ended = run("flask", "--app", "wsgi", "portal", *words, env=environment(settings), timeout=PATIENCE)
    return ended.returncode, ended.said


@ON_SQLITE
@pytest.mark.fault("D9")
def test_backups_beside_writers_are_whole_and_restored_ones_hold_every_invariant(
    app: Flask, settings: Settings, database: Database, catalog: str, tmp_path: Path
) -> None:
    customers = [cast.make_customer(f"writer-{number}") for number in range(WRITERS)]
    for each in customers:
        spend.gives(each, "1000")
    over, written = Event(), [0] * WRITERS

    def writes(number: int) -> None:
        while not over.is_set():
            with app.app_context():
                ask = AuthorizationRequest(customers[number].customer_id, micros=MICROS // 100, at_once=True)
                assert holds.authorize(ask).allowed
                written[number] += 1
                db.session.remove()

    taken = [tmp_path / f"backup-{number}.sqlite3" for number in range(2)]
    with ThreadPoolExecutor(WRITERS) as at_once:
        writers = [at_once.submit(writes, number) for number in range(WRITERS)]
        for each in taken:
            before = sum(written)
            until(lambda before=before: sum(written) > before + WRITERS)  # type: ignore[misc]
            assert backs_up(app, each)[0] == 0
        over.set()
        assert [each.result() for each in writers] == [None] * WRITERS
    for each in taken:
        assert stat.S_IMODE(each.stat().st_mode) == 0o600
        with closing(sqlite3.connect(each)) as copy:
            assert copy.execute("pragma integrity_check").fetchall() == [("ok",)]
            assert copy.execute("pragma foreign_key_check").fetchall() == []
        place = tmp_path / f"restored-{each.name}"
        shutil.copyfile(each, place)
        restored = replace(settings, database_url=f"sqlite:///{place}")
        for command in ("init", "reconcile", "verify") if each == taken[-1] else ("verify",):
            status, said = portal(restored, command)
            assert status == 0, said


@ON_SQLITE
def test_a_plain_copy_of_the_file_lacks_rows_and_a_backup_has_them(
    app: Flask, database: Database, acme: Customer, tmp_path: Path
) -> None:
    """Why there is a command: docs/operations.md says so."""
    with db.engine.connect() as keeps_the_log_open:
        spend.gives(acme, "10")
        plain, good = tmp_path / "plain.sqlite3", tmp_path / "good.sqlite3"
        shutil.copyfile(file_of(database), plain)
        assert backs_up(app, good)[0] == 0
        keeps_the_log_open.rollback()

    def look(file: Path) -> tuple[str, int]:
        with closing(sqlite3.connect(file)) as copy:
            (word,) = copy.execute("pragma integrity_check").fetchone()
            return word, copy.execute("select count(*) from grants").fetchone()[0]

    assert look(plain)[0] == "ok", "and nothing complains"
    with as_service("count the grants"):
        there = db.session.execute(db.text("select count(*) from grants")).scalar_one()
    assert look(plain)[1] < look(good)[1] == there


@ON_SQLITE
def test_a_file_that_is_there_stays_as_it_is(app: Flask, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.write_text("precious")
    status, said = backs_up(app, there)
    assert (status, said) == (1, f"{there} is there already, and stays as it is. Choose another name.")
    assert there.read_text() == "precious"
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "nowhere")
    assert backs_up(app, link)[0] == 1 and not (tmp_path / "nowhere").exists()


@ON_SQLITE
def test_a_backup_that_fails_leaves_nothing_and_says_why_in_one_line(
    app: Flask, settings: Settings, tmp_path: Path
) -> None:
    status, said = backs_up(app, tmp_path / "no" / "such" / "folder")
    assert status == 1 and len(said.splitlines()) == 1
    broken = tmp_path / "broken.sqlite3"
    broken.write_bytes(os.urandom(8192))
    with pytest.raises(Refused, match="The backup failed: "):
        take(replace(settings, database_url=f"sqlite:///{broken}"), tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


@ON_POSTGRESQL
def test_elsewhere_the_command_names_the_one_that_does_it_which_works(
    app: Flask, database: Database, acme: Customer, tmp_path: Path
) -> None:
    status, said = backs_up(app, tmp_path / "dump")
    assert status == 1
    words = said.partition("as its superuser: ")[2].split()
    assert words[0] == "pg_dump"
    db.session.remove()
    done = subprocess.run([postgres.binary("pg_dump"), *words[1:]], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    listed = subprocess.run(
        [postgres.binary("pg_restore"), "--list", str(tmp_path / "dump")], capture_output=True, text=True
    )
    assert "TABLE DATA public transfers" in listed.stdout
