"""A usage event as it is read: each bound of its fields by hand, its one form, and what a meter of a plan costs."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from app.domain.authorizations import AuthorizationRequest, CaptureRequest
from app.domain.money import Credits
from app.domain.rating import (
    ID_LENGTH,
    LARGEST,
    PROPERTIES_LENGTH,
    UsageReport,
    digest,
    malformed,
    properties_text,
    tariff,
)
from app.services.catalog import versions
from tests.support.meters import METERED

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
EVENT = UsageReport("e", "acme", "requests")


@pytest.mark.parametrize(
    ("report", "properties", "word"),
    [
        (EVENT, "", ""), (replace(EVENT, id="e" * ID_LENGTH), "", ""), (replace(EVENT, id=""), "", "id_malformed"),
        (replace(EVENT, id="e" * (ID_LENGTH + 1)), "", "id_malformed"), (replace(EVENT, id="a\n"), "", "id_malformed"),
        (replace(EVENT, id="hold_1"), "", "id_reserved"), (replace(EVENT, meter="a\n"), "", "unknown_meter"),
        (replace(EVENT, subject="s" * ID_LENGTH), "", ""), (replace(EVENT, subject="s" * (ID_LENGTH + 1)), "", "subject_malformed"),
        (replace(EVENT, subject="a\0"), "", "subject_malformed"), (replace(EVENT, quantity=0), "", ""),
        (replace(EVENT, quantity=LARGEST), "", ""), (replace(EVENT, quantity=-1), "", "quantity_out_of_range"),
        (replace(EVENT, quantity=LARGEST + 1), "", "quantity_out_of_range"), (EVENT, "p" * PROPERTIES_LENGTH, ""),
        (EVENT, "p" * (PROPERTIES_LENGTH + 1), "properties_too_long"),
    ],
)  # fmt: skip
def test_each_field_has_its_bounds(report: UsageReport, properties: str, word: str) -> None:
    assert malformed(report, properties) == word


def test_properties_have_one_form() -> None:
    assert properties_text(None) == properties_text({}) == "{}"
    assert properties_text({"b": 1, "a": "ü"}) == properties_text({"a": "ü", "b": 1})


def test_the_digest_is_of_all_that_is_counted_with_its_time_in_utc() -> None:
    written = "requests\n5\nann\n2026-11-21T12:00:00+00:00\n{}"
    at = NOON.astimezone(timezone(timedelta(hours=5)))
    assert (
        digest(UsageReport("e", "acme", "requests", 5, "ann", at), "{}")
        == hashlib.sha256(written.encode()).hexdigest()[:32]
    )
    assert digest(EVENT, "{}") == hashlib.sha256(b"requests\n1\n\n\n{}").hexdigest()[:32]


def test_a_tariff_is_what_the_plan_says_of_the_meter() -> None:
    catalog = versions.parse(METERED.format(burn="realtime"))
    plan = catalog.plans.plan("paid")
    assert plan is not None
    found = tariff(catalog, plan, "requests")
    assert found is not None
    assert (found.meter.key, found.allowance, found.limit, found.rate) == (
        "requests", plan.allowance("requests"), plan.limit("requests"), plan.rate("requests"),
    )  # fmt: skip
    own = tariff(catalog, plan, "runs")
    assert own is not None
    assert own.rate == plan.rate("runs") == Credits(100_000)
    assert tariff(catalog, plan, "zebras") is None


def test_32_characters_distinguish_a_request_from_any_other() -> None:
    request = AuthorizationRequest(customer="acme", key="k", meter="requests", quantity=2)
    capture = CaptureRequest("hold_1", 2, None, False, "k")
    for digests in (
        [
            each.digest
            for each in (
                request,
                replace(request, quantity=3),
                replace(request, micros=1),
                replace(request, at_once=True),
            )
        ],
        [
            each.digest
            for each in (capture, replace(capture, quantity=3), replace(capture, micros=1), replace(capture, keep=True))
        ],
    ):
        assert len(set(digests)) == 4
        assert {len(each) for each in digests} == {32}
    assert replace(request, key="other").digest == request.digest
    assert capture.event_id == f"hold_1:{hashlib.sha256(b'k').hexdigest()[:32]}"
