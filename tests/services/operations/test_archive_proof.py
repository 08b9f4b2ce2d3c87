"""What is compared before a month's events leave: nothing compares them with anything afterwards."""

from datetime import UTC, date, timedelta
from pathlib import Path

import pytest
from flask import Flask

from app import clock
from app.domain.errors import Refused
from app.models.database import db
from app.models.scope import as_service
from app.services.operations import archive, archive_files, archive_proof
from app.services.operations.archive_files import COLUMNS
from tests.services.operations.conftest import MONTHS, by_hand, half_a_year_later, proved, rows_of
from tests.support import meters, usage_cast
from tests.support.databases import Database

pytestmark = pytest.mark.both_databases
CHANGES = [
    ("usage_events", "subject = 'else'", "subject = ''", "id = 'e1'", "usage_events from"),
    ("usage_events", "micros = micros + 1", "micros = micros - 1", "id = 'e1'", "usage_events from"),
    (
        "proved_segments",
        "rows = rows + 1",
        "rows = rows - 1",
        "series = 'usage_events'",
        "5 usage events, 6 were proved",
    ),
    ("usage_days", "events = events + {first}", "events = events - {first}", "meter = 'requests'", "the totals of"),
    ("usage_days", "quantity = quantity + 1", "quantity = quantity - 1", "meter = 'requests'", "the totals of"),
    ("usage_days", "quantity = {largest}", "quantity = {added}", "meter = 'requests'", "the totals of"),
    ("usage_days", "{more}", "{less}", "meter = 'requests'", "the totals of"),
    ("usage_days", "period_number = -period_number", "period_number = -period_number", "micros >= 0", "the totals of"),
    ("authorizations", "captures = captures + 1", "captures = captures - 1", "key = 'a'", "authorizations from"),
]
"""What is changed past the triggers of what was proved, what changes it back, where, and what is named.

`{more}` and `{less}` leave them posted. `{first}` is 1 on the first day and less than nothing on the others: their sum stays.
"""


def test_a_month_that_is_not_as_it_was_proved_stays(app: Flask, used: date, into: Path, database: Database) -> None:
    """Its events are compared with nothing again once they have left: two days that add up to the same count, too."""
    both = "micros = micros {0} 1, posted_micros = posted_micros {0} 1"
    places = {"more": both.format("+"), "less": both.format("-")}
    places |= {"first": "(case when day = (select min(day) from usage_days) then 1 else -1 end)"}
    of_day = "(select {0}(quantity) from usage_events e where (e.day, e.meter) = (usage_days.day, usage_days.meter))"
    places |= {"largest": of_day.format("max"), "added": of_day.format("sum")}
    for table, change, back, where, words in CHANGES:
        by_hand(database, f"update {table} set {change} where {where}".format(**places))
        with pytest.raises(Refused, match=words) as said:
            archive.archive(used, into, months=MONTHS)
        assert said.value.reason == "not_as_proved", change
        db.session.remove()
        by_hand(database, f"update {table} set {back} where {where}".format(**places))
    assert len(rows_of("select id from usage_events")) == 7
    month = archive.Month(used)
    with as_service("look for an event's day"):
        of_none = {("cus_none", f"{used}", "requests", 1): archive_files.Sums()}
        (*_others, named) = archive_proof.changes(db.session(), used, month.before_at, of_none)
        db.session.rollback()
    assert named == "1 sums of events of a day have no totals"
    assert archive.archive(used, into, months=MONTHS).events == 5, "it is as it was"
    assert proved() == (True, [])


def test_a_day_whose_last_events_another_month_has_received_is_added_up_with_them(
    app: Flask, used: date, into: Path, database: Database
) -> None:
    """From the side of each month: of the next one when the first is in an archive."""
    this = archive.Month(used)
    last, next_month = this.before_at.date() - timedelta(days=1), archive.Month(this.before_at.date())
    summed = "count(*), sum(quantity), max(quantity), sum(micros), 0, 0, 0 from usage_events"
    by_hand(database, f"update usage_events set day = '{last}' where day = '{next_month.first}'")
    by_hand(database, f"delete from usage_days where day = '{next_month.first}'")
    for name, added in (("events", "count(*)"), ("quantity", "sum(quantity)"), ("micros", "sum(micros)")):
        of_day = f"(select {added} from usage_events where day = '{last}')"
        by_hand(database, f"update usage_days set {name} = {of_day} where day = '{last}'")
    assert _totals_named(this) == _totals_named(next_month) == []
    by_hand(
        database,
        f"insert into archived_usage select customer_id, day, meter, '{used}', max(period_number), {summed}"
        f" where received_at < '{next_month.first}' group by customer_id, day, meter",
    )
    by_hand(database, f"delete from usage_events where received_at < '{next_month.first}'")
    assert _totals_named(next_month) == []
    by_hand(database, f"update usage_days set events = events + 1 where day = '{last}'")
    of_period, of_day = _totals_named(next_month)
    assert "not those that were proved" in of_period
    assert str(last) in of_day


def test_what_a_meter_shows_of_another_kind_is_as_it_was_proved(
    ids_by_the_clock: None, app: Flask, into: Path, database: Database
) -> None:
    """Different users, a last value: no sum of the month's events says what their days should show."""
    first = archive.Month(clock.now().astimezone(UTC).date().replace(day=1)).before_at
    meters.apply()
    with clock.at(first):
        customer = meters.customer("Users")
    for days in (5, 6):
        with clock.at(first + timedelta(days=days)):
            usage_cast.seen(customer, "ann", "bob")
            usage_cast.uses(customer, "storage", 300, 200)
            usage_cast.uses(customer, "requests", 500, 600)
    month = first.date()
    kept = "update usage_days set quantity = {} where meter = '{}'"
    largest = kept.format(600, "requests"), "update usage_totals set quantity = 600 where meter = 'requests'"
    added = kept.format(1100, "requests"), "update usage_totals set quantity = 2200 where meter = 'requests'"
    with half_a_year_later(customer, month):
        for changes, back in (
            ([kept.format("quantity + 5", "users")], [kept.format("quantity - 5", "users")]),
            ([kept.format("quantity + 5", "storage")], [kept.format("quantity - 5", "storage")]),
            (largest, added),
        ):
            for each in changes:
                by_hand(database, each)
            with pytest.raises(Refused, match="not those that were proved with their events"):
                archive.archive(month, into, months=MONTHS)
            db.session.remove()
            for each in back:
                by_hand(database, each)
        assert archive.archive(month, into, months=MONTHS).events == 12
        assert proved()[1] == []


def _totals_named(month: archive.Month) -> list[str]:
    sums = dict[archive_files.Key, archive_files.Sums]()
    with as_service("look at totals"):
        for row in archive._rows(month):
            archive_files.add(sums, dict(zip(COLUMNS, row, strict=True)))
        named = [*archive_proof.changes(db.session(), month.first, month.before_at, sums)]
        db.session.rollback()
    return [each for each in named if "totals" in each]
