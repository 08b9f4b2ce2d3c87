"""On SQLite who writes waits for its turn in the process, whichever way it writes: none starves at SQLite's own lock."""

import os
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from app.models import database
from app.models.database import db
from app.services import writing_turn
from app.services.authorizations import holds, on_sqlite
from app.services.transaction import transaction
from app.services.writing_turn import writing_to

Way = Callable[[], AbstractContextManager[object]]
WAYS: dict[str, Way] = {"page": transaction, "front": lambda: on_sqlite.writer().writing()}
sqlite_only = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@sqlite_only
@pytest.mark.parametrize("waiting", WAYS)
@pytest.mark.parametrize("writing", WAYS)
def test_each_way_of_writing_waits_for_each_other(
    app: Flask, monkeypatch: pytest.MonkeyPatch, writing: str, waiting: str
) -> None:
    """A connection that does not wait for SQLite's lock is refused at once, where its thread has not waited for its turn."""
    monkeypatch.setattr(database, "SQLITE_BUSY_MS", 0)
    db.session.remove()
    holds.close()
    db.engine.dispose()
    done: list[object] = []

    def write() -> None:
        try:
            with app.app_context(), WAYS[waiting]():
                done.append("written")
        except Exception as problem:  # noqa: BLE001  # the test says which
            done.append(problem)

    other = threading.Thread(target=write)
    with WAYS[writing]():
        other.start()
        other.join(0.3)
        assert done == []
    other.join()
    assert done == ["written"]


@sqlite_only
def test_whose_turn_does_not_come_hears_that_the_database_is_locked(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing_turn, "PATIENCE", 0)
    said: list[bool] = []

    def write() -> None:
        with app.app_context():
            try:
                with transaction():
                    pass
            except OperationalError as problem:
                said.append(database.is_away(problem))

    with transaction():
        other = threading.Thread(target=write)
        other.start()
        other.join()
    with transaction():  # the turn was given back
        pass
    assert said == [True]


@sqlite_only
def test_a_turn_that_the_parent_has_is_not_held_in_a_child(app: Flask) -> None:
    with writing_to(db.engine):
        child = os.fork()
        if child == 0:
            with writing_to(db.engine):
                os._exit(7)
        _pid, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 7
