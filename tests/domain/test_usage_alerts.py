"""Usage alerts: when a threshold is crossed, and which alerts make sense on a plan."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import language
from app.domain import usage_alerts as rule
from app.domain.catalog import Catalog, Plan
from app.domain.errors import Refused
from app.domain.usage_alerts import Threshold, crossed
from app.services.catalog import versions
from tests.support.meters import METERED

CATALOG: Catalog = versions.parse(METERED.format(burn="realtime"))
PAID = CATALOG.plans.plan("paid") or Plan("none", "None")
FREE = CATALOG.plans.plan("free") or Plan("none", "None")


@pytest.mark.parametrize(
    ("threshold", "is_percent", "quantity", "expected"),
    [
        (100, False, 99, False),
        (100, False, 100, True),
        (80, True, 3999, False),
        (80, True, 4000, True),
        (100, True, 4999, False),
        (100, True, 5000, True),
        (120, True, 6000, True),
    ],
)
def test_it_is_crossed_from_the_threshold_on(threshold: int, is_percent: bool, quantity: int, expected: bool) -> None:
    assert crossed(Threshold("requests", threshold, is_percent), quantity, 5000) is expected


def test_a_percentage_of_nothing_is_never_crossed() -> None:
    assert crossed(Threshold("runs", 1, is_percent=True), 10**15, None) is False


@given(st.integers(1, 1000), st.integers(1, 10**15), st.integers(0, 10**15))
def test_once_crossed_it_stays_crossed_as_usage_grows(percent: int, basis: int, quantity: int) -> None:
    wanted = Threshold("requests", percent, is_percent=True)
    if crossed(wanted, quantity, basis):
        assert crossed(wanted, quantity + 1, basis)
    assert crossed(wanted, basis * 10, basis)


def test_a_percentage_is_of_the_limit_or_else_of_what_is_included() -> None:
    assert [rule.basis(PAID, meter) for meter in ("requests", "users", "runs")] == [5000, 2, None]


@pytest.mark.parametrize(
    ("wanted", "reason", "field"),
    [
        (Threshold("zebras", 1), "meter_unknown", "meter"),
        (Threshold("runs", 80, is_percent=True), "percentage_of_nothing", "threshold"),
        (Threshold("requests", 0, is_percent=True), "threshold_out_of_range", "threshold"),
        (Threshold("requests", 1001, is_percent=True), "threshold_out_of_range", "threshold"),
        (Threshold("requests", 0), "threshold_out_of_range", "threshold"),
        (Threshold("requests", 10**15 + 1), "threshold_out_of_range", "threshold"),
    ],
)
def test_an_alert_that_can_never_be_given_is_refused(wanted: Threshold, reason: str, field: str) -> None:
    with pytest.raises(Refused) as refused:
        rule.check(wanted, CATALOG, PAID)
    assert (refused.value.reason, refused.value.status, refused.value.field) == (reason, 422, field)


@pytest.mark.parametrize("threshold", [1, rule.MOST_PERCENT])
def test_a_percentage_may_be_as_low_and_as_high_as_is_said(threshold: int) -> None:
    rule.check(Threshold("requests", threshold, is_percent=True), CATALOG, PAID)


@pytest.mark.parametrize("threshold", [1, rule.MOST_QUANTITY])
def test_a_quantity_may_be_as_low_and_as_high_as_is_said(threshold: int) -> None:
    rule.check(Threshold("requests", threshold), CATALOG, FREE)


def test_a_set_may_be_as_large_as_is_said() -> None:
    alerts = [Threshold("runs", each) for each in range(1, rule.MOST_ALERTS + 1)]
    rule.check_all(alerts, [f"{each}@acme.example" for each in range(CATALOG.usage.alert_emails)], CATALOG)


def test_what_a_plan_has_decides_whether_a_percentage_makes_sense() -> None:
    wanted = Threshold("requests", 80, is_percent=True)
    rule.check(wanted, CATALOG, PAID)
    with pytest.raises(Refused, match="Enter a number of requests instead"):
        rule.check(wanted, CATALOG, FREE)


@pytest.mark.parametrize(
    ("alerts", "emails", "reason", "field"),
    [
        ([Threshold("runs", 1), Threshold("runs", 1)], [], "alert_twice", "threshold"),
        ([Threshold("runs", each) for each in range(1, 22)], [], "too_many_alerts", "threshold"),
        ([], ["a@acme.example", "a@acme.example"], "email_twice", "email"),
        ([], [f"{each}@acme.example" for each in range(11)], "too_many_emails", "email"),
    ],
)
def test_the_set_is_judged_as_a_whole(alerts: list[Threshold], emails: list[str], reason: str, field: str) -> None:
    with pytest.raises(Refused) as refused:
        rule.check_all(alerts, emails, CATALOG)
    assert (refused.value.reason, refused.value.status, refused.value.field) == (reason, 422, field)


def test_a_bound_is_one_number_in_languages_whose_decimals_follow_a_comma() -> None:
    with language.using("de"), pytest.raises(Refused) as refused:
        rule.check(Threshold("requests", 1001, is_percent=True), CATALOG, PAID)
    assert "1000" in refused.value.sentence
