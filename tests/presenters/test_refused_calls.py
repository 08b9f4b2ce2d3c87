"""A refused call says in five lines what it was decided from; one of before that was kept says that it was not."""

from datetime import UTC, datetime

import pytest

from app.domain.amounts import CreditUnit
from app.domain.catalog import Catalog
from app.models.authorizations import Authorization
from app.presenters.refused_calls import refused
from app.services.catalog import versions
from tests.support.stepped import STEPPED

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
USD = CreditUnit("USD")


@pytest.fixture(scope="module")
def stepped() -> Catalog:
    return versions.parse(STEPPED)


def call(**fields: object) -> Authorization:
    """Return a call that was refused with a daily limit of 25, of which 24 are used, and a balance of 9."""
    usual: dict[str, object] = {
        "id": "hold_1", "meter": "", "quantity": 0, "micros": 2_000_000, "reason": "daily_limit",
        "retry_after_seconds": 43_200, "available_after_micros": 1_000_000, "created_at": AT,
        "judged_balance_micros": 9_000_000, "judged_overage_micros": 0, "judged_held_micros": 0,
        "judged_daily_limit_micros": 25_000_000, "judged_daily_used_micros": 24_000_000, "judged_plan_limit": None,
        "judged_used": None, "judged_held": None, "judged_catalog": "stepped", "judged_catalog_version": 3,
        "judged_plan": "",
    }  # fmt: skip
    return Authorization(**usual | fields)


OF_METER = {"meter": "rising", "quantity": 71, "judged_used": 10, "judged_held": 30, "judged_plan": "capped"}


@pytest.mark.parametrize(
    ("fields", "why", "lines"),
    [
        (
            {}, "Over the daily limit",
            ["$2.00", "$9.00", "$25.00, of which $24.00 was used", "Free, as sold in version 3",
             "$2.00 is more than the $1.00 that was left for the day; from 00:00 UTC on it may fit"],
        ),
        (
            {"micros": 26_000_000, "judged_balance_micros": 90_000_000, "retry_after_seconds": None,
             "judged_held_micros": 300_000, "available_after_micros": 700_000},
            "Over the daily limit",
            ["$26.00", "$90.00, less $0.30 held for calls in progress: $89.70 left",
             "$25.00, of which $24.00 was used and $0.30 held", "Free, as sold in version 3",
             "$26.00 is more than the $0.70 that was left for the day, and more than a whole day’s limit"],
        ),
        (
            {"reason": "insufficient_credits", "judged_balance_micros": -1_000_000, "judged_overage_micros": 1_500_000,
             "judged_daily_limit_micros": None, "judged_daily_used_micros": None, "available_after_micros": 500_000},
            "Not enough credits",
            ["$2.00", "−$1.00, up to $1.50 below zero: $0.50 left", "None", "Free, as sold in version 3",
             "$2.00 is more than the $0.50 that was left"],
        ),
        (
            OF_METER | {"reason": "plan_limit", "judged_plan_limit": 110}, "Over the plan’s limit",
            ["71 calls, which takes $2.00", "$9.00", "$25.00, of which $24.00 was used",
             "Capped, as sold in version 3: up to 110 calls a billing period, 10 used and 30 held",
             "71 calls more would pass the plan’s limit"],
        ),
        (
            OF_METER | {"reason": "suspended", "meter": "sold no longer", "judged_held": 0}, "Account suspended",
            ["71, which takes $2.00", "$9.00", "$25.00, of which $24.00 was used",
             "Capped, as sold in version 3: no limit, 10 used", "the account was suspended"],
        ),
    ],
)  # fmt: skip
def test_five_lines_say_what_it_was_decided_from(
    stepped: Catalog, fields: dict[str, object], why: str, lines: list[str]
) -> None:
    shown = refused(call(**fields), stepped, USD)
    assert (shown.why, [value for _name, value in shown.lines]) == (why, lines)
    names = ["Asked for", "Credit then", "Daily limit", "Plan", "Refused because"]
    assert [name for name, _value in shown.lines] == names


def test_what_was_refused_before_it_was_kept_has_no_lines(stepped: Catalog) -> None:
    shown = refused(call(judged_balance_micros=None), stepped, USD)
    assert (shown.asked, shown.lines) == ("$2.00", [])
