"""A month of usage events goes into a file and out of the database, and every figure stays as it was."""

import gzip
import hashlib
import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask

from app import clock
from app.domain.authorizations import AuthorizationRequest
from app.domain.errors import Refused
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_customer, as_service
from app.services import jobs
from app.services.authorizations import holds
from app.services.operations import archive, archive_files
from app.services.operations.archive_files import COLUMNS
from app.services.usage import figures, history, meters
from app.services.verification import verify
from tests.services.operations.conftest import FILE_OF, MONTHS, by_hand, half_a_year_after, proved, rows_of
from tests.support import cast
from tests.support.api import api_for, problem_of
from tests.support.client import outside_contexts
from tests.support.databases import Database
from tests.support.meters import post_all

pytestmark = pytest.mark.both_databases


def test_events_leave_for_a_file_and_every_proof_holds(
    app: Flask, used: date, acme: Customer, into: Path, database: Database
) -> None:
    before, next_month = _day_rows(), archive.Month(used).before_at.date()
    by_hand(
        database, f"update proved_segments set from_key = '{next_month}' where substr(from_key, 1, 10) = '{next_month}'"
    )
    made = archive.archive(used, into, months=MONTHS)
    rows = [json.loads(line) for line in gzip.decompress(made.path.read_bytes()).decode().splitlines()]
    assert made.path == into / FILE_OF.format(used)
    assert sorted(each["quantity"] for each in rows) == [150, 500, 700, 700, 700]
    assert [each["properties"] for each in rows if each["id"] == "e0"] == ['{"path":"/\\u00e9"}']
    assert made.sha256 == hashlib.sha256(made.path.read_bytes()).hexdigest()
    assert (into / f"{made.path.name}.sha256").read_text() == f"{made.sha256}  {made.path.name}\n"
    assert sorted(path.name for path in into.iterdir()) == [made.path.name, f"{made.path.name}.sha256"]
    assert rows_of("select id from usage_events where quantity <> 250") == [("next",)]
    assert rows_of("select from_key from proved_segments where series = 'usage_events'") == [(str(next_month),)]
    assert verify.verify() == verify.verify(acme.customer_id) == []
    assert proved() == (True, [])
    assert verify.verify_since(everything=True).violations == []
    assert _day_rows() == before
    assert archive.archive(used, into, months=MONTHS) == made


@pytest.mark.parametrize("is_stuck", [False, True])
def test_what_was_captured_in_the_last_hour_is_proved_after_an_archive(
    app: Flask, spent: date, acme: Customer, into: Path, is_stuck: bool
) -> None:
    """Such authorizations are proved again, and their usage is archived. A hold that nobody ends keeps them so."""
    edge, later = archive.Month(spent).before_at, half_a_year_after(spent)
    with clock.at(edge - timedelta(minutes=30)):
        held = holds.authorize(AuthorizationRequest(acme.customer_id, "requests", 500, key="late"))
        holds.capture(held.id, quantity=300, keep=is_stuck)
    with clock.at(edge + timedelta(days=2, minutes=30)):
        post_all(acme.customer_id)
        assert proved() == (False, [])
    with clock.at(later):
        assert not is_stuck or proved() == (True, [])
        jobs.run_due()
        archive.archive(spent, into, months=MONTHS)
        assert proved() == (False, []), "everything is read"
        assert proved() == (True, [])


def test_what_was_archived_is_said_to_be_so(app: Flask, used: date, acme: Customer, into: Path) -> None:
    (day, *_others) = [date.fromisoformat(str(row[0])) for row in _day_rows() if row[1] == "requests"]
    archive.archive(used, into, months=MONTHS)
    with as_customer(acme.customer_id):
        usage = meters.usage(acme, 2)
        use = next(each for each in usage.meters if each.meter.key == "requests")
        assert history.added_up(acme.customer_id, "requests", use.tariff.kind, day) is None
        counted = figures.quantity(acme.customer_id, usage, use)
        assert (counted.shown, counted.summed, counted.from_days) == (use.used, use.used, True)
        db.session.rollback()


def test_pages_and_the_api_say_that_events_are_archived(
    app: Flask, used: date, acme: Customer, alice_actor: Actor, origin: str, into: Path
) -> None:
    day = rows_of("select day from usage_events where id = 'e0'")[0][0]
    archive.archive(used, into, months=MONTHS)
    page = cast.signed_in(app, origin, alice_actor).opens(f"/billing/usage/requests/{day}")
    assert page.status == 200
    assert "The events of this day are in an archive" in page.text
    assert "There are no more events of this day" not in page.text
    assert page.soup.select("#usage-events-title") == [], "a card with nothing in it"
    assert (
        "events behind one day" not in page.text
        and page.soup.select_one("#usage-sum-title").text == "Used on this UTC day"
    )
    asked = {"meter": "requests", "first": str(day), "last": str(clock.now().date())}
    api, path = api_for(app), f"/customers/{acme.customer_id}/usage_events"
    assert problem_of(api.get(path, **asked)) == (410, "events_archived")
    assert api.get(path, **asked | {"first": str(archive.Month(used).before_at.date())}).status_code == 200


@pytest.mark.parametrize(
    "damage",
    [
        "update archived_usage set events = events + 1",
        "update archived_usage set micros = micros + 1",
        "update archived_usage set captured_quantity = captured_quantity - 1",
        "delete from archived_usage",
        "update authorizations set captured_quantity = captured_quantity - 1 where key = 'a'",
        "update usage_days set quantity = quantity + 1, micros = micros + 1",
    ],
)
def test_what_is_kept_of_an_archive_is_proved(
    app: Flask, used: date, into: Path, database: Database, damage: str
) -> None:
    archive.archive(used, into, months=MONTHS)
    by_hand(database, damage)
    assert verify.verify() != []


def test_a_file_that_is_not_what_the_database_holds_takes_nothing_out(app: Flask, used: date, into: Path) -> None:
    path = into / FILE_OF.format(used)
    archive_files.write(path, iter(()))
    with pytest.raises(Refused, match="other events than the database"):
        archive.archive(used, into, months=MONTHS)
    path.write_bytes(b"torn")
    with pytest.raises(Refused, match="cannot be read"):
        archive.archive(used, into, months=MONTHS)
    assert len(rows_of("select id from usage_events")) == 7
    path.unlink()
    archive.archive(used, into, months=MONTHS)
    archive_files.write(path, iter(()))
    with pytest.raises(Refused, match="is not the file that was written"):
        archive.archive(used, into, months=MONTHS)


def test_a_file_of_other_events_that_add_up_to_the_same_takes_nothing_out(app: Flask, used: date, into: Path) -> None:
    with as_service("write another file"):
        rows = [dict(zip(COLUMNS, row, strict=True)) for row in archive._rows(archive.Month(used))]
    others = [tuple((each | {"id": f"other {each['id']}"}).values()) for each in rows]
    archive_files.write(into / FILE_OF.format(used), iter(others))
    with pytest.raises(Refused, match="other events than the database"):
        archive.archive(used, into, months=MONTHS)
    assert len(rows_of("select id from usage_events")) == 7


def test_a_damaged_file_cannot_be_read_or_is_another(app: Flask, used: date, into: Path) -> None:
    whole = archive.archive(used, into, months=MONTHS)
    right = whole.path.read_bytes()
    for place in range(0, len(right), 3):
        whole.path.write_bytes(right[:place] + bytes([right[place] ^ 0x11]) + right[place + 1 :])
        with pytest.raises(Refused) as said:
            archive.archive(used, into, months=MONTHS)
        assert said.value.reason in {"another_file", "file_unreadable"}
    for line in (b"[1]", b"3", b"null", b"{}", b'{"customer_id": []}'):
        whole.path.write_bytes(gzip.compress(line))
        with pytest.raises(Refused, match="cannot be read"):
            archive.archive(used, into, months=MONTHS)
    whole.path.write_bytes(right)
    assert archive.archive(used, into, months=MONTHS) == whole


@pytest.mark.parametrize("month", [date(9999, 12, 1), date(9998, 12, 1)])
def test_a_month_of_the_last_years_is_not_over(app: Flask, into: Path, month: date) -> None:
    with pytest.raises(Refused, match=f"{month.year}-12 is not over yet"):
        archive.archive(month, into, months=MONTHS)


def test_a_month_is_refused_until_nothing_of_it_is_to_be_done(
    app: Flask, used: date, into: Path, database: Database
) -> None:
    def refused(month: date = used, months: int = MONTHS) -> str:
        with pytest.raises(Refused) as said:
            archive.archive(month, into, months=months)
        db.session.remove()
        return said.value.reason

    assert refused(months=36) == "too_young"
    assert refused(archive.Month(used).before_at.date()) == "not_the_oldest"
    assert refused(used - timedelta(days=40)) == "no_events"
    for damage, back, reason in (
        ("update usage_days set posted_micros = 0", "update usage_days set posted_micros = micros", "not_settled"),
        (
            "update authorizations set state = 'held' where key = 'a'",
            "update authorizations set state = 'captured' where key = 'a'",
            "not_settled",
        ),
        ("delete from proved_segments", "select 1", "not_proved"),
    ):
        by_hand(database, damage)
        assert refused() == reason
        by_hand(database, back)
    by_hand(database, "delete from usage_days")
    with pytest.raises(Refused, match=f"events of {used:%Y-%m} are there, and no totals of their days"):
        archive.archive(used, into, months=MONTHS)
    assert list(into.iterdir()) == []


def test_the_command_says_where_the_events_are(app: Flask, used: date, into: Path) -> None:
    with outside_contexts():
        month = f"{used:%Y-%m}"
        young = app.test_cli_runner().invoke(args=["portal", "archive-events", month, str(into)])
    assert (young.exit_code, "months after its end, and not before" in young.output) == (1, True)


def _day_rows() -> list[tuple[object, ...]]:
    return rows_of("select day, meter, events, quantity, micros, posted_micros from usage_days order by 1, 2")
