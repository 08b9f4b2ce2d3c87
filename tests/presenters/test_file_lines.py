"""Lines of files that are written from figures are those that the module `csv` writes of the spreadsheet's cells."""

import json
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.amounts import CreditUnit
from app.domain.catalog import Catalog
from app.domain.money import Credits, Money, in_major
from app.models.documents import KINDS, STATES, Document
from app.presenters import invoice_files, log_files, usage_files
from app.presenters.people import activity_file
from app.presenters.people.activity import Reader
from app.services.people.activity import Entry
from app.services.usage.meters import DayUse, Usage
from tests.reference import files_by_cell

TEXTS = st.text(st.sampled_from("ab,;\"'\r\n =+-@|\té"), max_size=4)
TIMES = st.datetimes(datetime(2000, 1, 1))  # noqa: DTZ001  # hypothesis asks for one without a zone
MOMENTS = TIMES.map(lambda each: each.isoformat(" ", "microseconds"))
MICROS = st.integers(-(10**13), 10**13)
CURRENCIES = st.sampled_from(["USD", "JPY", "KWD"])
some = settings(max_examples=30)
"""A cell is drawn many times in each file."""
IDS = st.sampled_from(["a_1", "b_2"])


def chunks_of(rows: st.SearchStrategy[Any]) -> st.SearchStrategy[list[list[Any]]]:
    """Return what draws some rows in two chunks."""
    return st.lists(rows, max_size=5).map(lambda each: [each[:2], each[2:]])


class Sold:
    """A catalog of one meter, as far as files ask it."""

    def meter(self, key: str) -> Any:
        """Return the meter."""
        return type("Sold", (), {"title": "=Requests, all"}) if key == "requests" else None


@some
@given(st.integers(-(2**63), 2**63 - 1), CURRENCIES)
def test_an_amount_is_written_as_its_decimal_is(minor: int, currency: str) -> None:
    assert in_major(minor, currency) == format(Money(minor, currency).major, "f")


METERS = st.sampled_from(["", "requests", "=gone"])
CALLS = st.tuples(MOMENTS, IDS, st.sampled_from(["daily_limit", "other, reason"]), METERS, st.integers(0, 9), MICROS)


@some
@given(chunks_of(CALLS), TEXTS)
def test_refused_calls(chunks: list[list[Any]], unit: str) -> None:
    sold = cast(Catalog, Sold())
    cells = files_by_cell.of_cells(log_files.calls(chunks, sold, unit))
    assert "".join(log_files.call_lines(chunks, sold, unit)) == cells


FIGURES = st.one_of(
    st.tuples(
        st.just("usage_alert"),
        st.fixed_dictionaries({
            "unit": TEXTS, "is_percent": st.booleans(), "title": TEXTS, "threshold": MICROS, "quantity": MICROS,
        }),
    ),
    st.tuples(
        st.sampled_from(["daily_limit", "balance_depleted", "balance_low"]),
        st.dictionaries(st.sampled_from([
            "limit_micros", "threshold_micros", "low_balance_micros", "used_micros", "credits_micros",
            "remaining_micros",
        ]), st.none() | MICROS),
    ),
)  # fmt: skip
NOTICES = st.tuples(MOMENTS, FIGURES).map(lambda each: (each[0], *each[1]))


@some
@given(chunks_of(NOTICES), TEXTS)
def test_notifications(chunks: list[list[Any]], unit: str) -> None:
    assert "".join(log_files.notice_lines(chunks, unit)) == files_by_cell.of_cells(log_files.notified(chunks, unit))


NOT_PAID = st.just((None, None, None, None, None, None))
PAID = st.tuples(
    IDS, st.sampled_from(["succeeded", "failed"]), st.integers(1, 10**9), CURRENCIES, st.just("visa"),
    st.sampled_from(["4242", ""]),
) | st.tuples(IDS, st.just("processing"), st.integers(1, 10**9), CURRENCIES, st.none(), st.none())  # fmt: skip
KEPT = st.tuples(MOMENTS, IDS, st.sampled_from(["charge", "quiet"]), MICROS, MICROS, MICROS, MICROS)
CHARGES = st.tuples(KEPT, NOT_PAID | PAID).map(lambda each: (*each[0], *each[1]))


@some
@given(chunks_of(CHARGES), TEXTS, CURRENCIES)
def test_automatic_charges(chunks: list[list[Any]], unit: str, currency: str) -> None:
    cells = files_by_cell.of_cells(log_files.charges(chunks, unit, currency))
    assert "".join(log_files.charge_lines(chunks, unit, currency)) == cells


DAYS = st.builds(DayUse, st.dates(date(1999, 1, 1)), METERS, MICROS, MICROS, MICROS.map(Credits))


@some
@given(st.lists(DAYS, max_size=4), TEXTS)
def test_days_of_usage(days: list[DayUse], unit: str) -> None:
    meter = type("Known", (), {"meter": type("Sold", (), {"key": "requests", "title": "=All, of", "unit": "+1"})})
    usage = cast(Usage, type("Shown", (), {"meters": [meter]}))
    assert "".join(usage_files.csv_lines(days, usage, unit)) == files_by_cell.of_cells(
        usage_files.rows(days, usage, unit)
    )


VALUES: dict[str, Any] = {
    "name": TEXTS, "enabled": st.booleans(), "daily_limit_micros": st.none() | MICROS, "amount_minor": MICROS | TEXTS,
    "currency": CURRENCIES, "emails": st.lists(TEXTS), "seats": st.sampled_from([0, 1]), "unknown": TEXTS,
    "method": st.sampled_from(["", "pm_gone", "bank_transfer"]), "brand": st.sampled_from(["", "visa"]),
    "quiet_from": st.sampled_from([0, 1, None]), "role": st.sampled_from(["owner", ""]),
}  # fmt: skip
SIDES = st.lists(st.sampled_from(sorted(VALUES)), max_size=3, unique=True).flatmap(
    lambda names: st.fixed_dictionaries({name: VALUES[name] for name in names})
)
ENTRIES = st.builds(
    Entry, IDS, st.datetimes(timezones=st.just(UTC)),
    st.sampled_from(["mem_1", "key_1", "jane", "worker"]), TEXTS,
    st.sampled_from(["invoice.paid", "payment_method.removed", "profile.changed", "demo.unknown"]), SIDES, SIDES, TEXTS,
)  # fmt: skip


@some
@given(chunks_of(ENTRIES))
def test_activity(chunks: list[list[Entry]]) -> None:
    reader = Reader(CreditUnit("USD"), "USD", cast(Catalog, Sold()), {}.get, in_codes=True)
    lines = activity_file.lines([([_kept(each) for each in some], {}) for some in chunks], reader)
    assert "".join(lines) == files_by_cell.of_activity([each for some in chunks for each in some], reader)


def _kept(entry: Entry) -> Any:
    at = entry.at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    sides = [json.dumps(each, sort_keys=True) if each else "" for each in (entry.before, entry.after)]
    return (at, entry.id, entry.actor, entry.name, None, entry.action, *sides, entry.address)


MINORS = st.integers(0, 10**6)
DOCUMENTS = st.fixed_dictionaries({
    "id": IDS, "number": TEXTS, "kind": st.sampled_from(KINDS), "state": st.sampled_from(STATES[1:]),
    "is_corrected": st.booleans(), "due_on": st.sampled_from([None, date(2000, 1, 1), date(9000, 1, 1)]),
    "paid_with": TEXTS, "currency": CURRENCIES,
    **dict.fromkeys(["net_minor", "tax_minor", "total_minor"], MINORS),
    "rounding_minor": st.sampled_from([0, -1]), "returned_minor": st.sampled_from([0, 5]),
    "credited_minor": st.sampled_from([0, 5]), "issued_at": TIMES, "paid_at": st.none() | TIMES,
})  # fmt: skip


@some
@given(chunks_of(DOCUMENTS))
def test_invoices(chunks: list[list[dict[str, Any]]]) -> None:
    lines = invoice_files.csv_lines(cast(Any, [[_figures(each) for each in some] for some in chunks]))
    assert "".join(lines) == files_by_cell.of_documents([Document(**each) for some in chunks for each in some])


def _figures(values: dict[str, Any]) -> SimpleNamespace:
    exact = {
        name: each and each.isoformat(" ", "microseconds") for name, each in values.items() if type(each) is datetime
    }
    return SimpleNamespace(**values, issued=exact["issued_at"], paid=exact.get("paid_at"))
