"""The process dies (kill -9) while many customers are run together: none of them is done by half, and each is run once."""

import pytest
from flask import Flask

from app.config import Settings
from app.models.database import db
from app.services.month_end import run
from app.services.verification.verify import verify
from tests.support import months, plans, programs
from tests.support.crash_plan import Kill
from tests.support.crash_player import drawn
from tests.support.databases import environment
from tests.support.months import at, begins, runs
from tests.support.periods import waits_for_books
from tests.support.plans import BEGIN

KILLS = (
    Kill("update subscriptions set"),
    Kill("insert into documents"),
    Kill("insert into document_lines"),
    Kill("insert into plan_periods"),
    Kill("insert into period_runs"),
    Kill("before commit"),
)


def dies_at_each(settings: Settings, kills: tuple[Kill, ...]) -> None:
    """Let a process die at each of them, every time in another month, and run that month in peace."""
    many = [begins(BEGIN, "team") for _each in range(run.FEW)]
    assert runs(BEGIN) == len(many)
    for month, kill in enumerate(kills, 7):
        moment = at(2027, month, 1)
        words = (moment.isoformat(), str(kill.at), *kill.what.split())
        db.session.rollback()
        ended = programs.run("tests.programs.month_runner", *words, env=environment(settings), timeout=120)
        assert ended.returncode == -9, ended.said
        assert [len(plans.documents(each)) for each in many] == [month - 6] * len(many), "something of it is there"
        waits_for_books(*many)
        assert (runs(moment), runs(moment)) == (len(many), 0)
        assert [len(plans.documents(each)) for each in many] == [month - 5] * len(many)
    places = sorted(each.place for whose in many for each in plans.documents(whose))
    assert places == list(range(1, len(many) * (len(kills) + 1) + 1))
    assert {outcome for whose in many for *_period, outcome in months.periods(whose)} == {"billed"}
    assert verify() == []


@pytest.mark.case("AC-29")
def test_killed_in_a_batch_nobody_is_done_by_half(app: Flask, settings: Settings) -> None:
    dies_at_each(settings, drawn(settings, KILLS))
