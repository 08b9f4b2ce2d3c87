"""API tokens: what a role may let one do, and when it ends."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.domain.errors import Refused
from app.domain.people.api_tokens import checked_name, checked_scopes, end_of, is_within, offered
from app.domain.people.members import Role

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def test_a_token_may_no_more_than_its_member() -> None:
    assert offered(Role.VIEWER) == ("billing:read",)
    assert offered(Role.OWNER) == offered(Role.BILLING_MANAGER) == ("billing:read", "billing:write", "webhooks:manage")
    assert is_within(["billing:read"], "viewer") and not is_within(["billing:read", "billing:write"], "viewer")
    assert not is_within(["billing:read"], None)
    for sellers in ("all", "usage:write", "credits:grant", "customers:write", "embed:create"):
        assert not is_within([sellers], "owner")


def test_scopes_are_chosen_of_those_there_are() -> None:
    assert checked_scopes(["webhooks:manage", "billing:read"], Role.OWNER) == ["billing:read", "webhooks:manage"]
    for wrong in ([], ["all"], ["billing:read", "usage:write"]):
        with pytest.raises(Refused, match="Choose what the token may do"):
            checked_scopes(wrong, Role.OWNER)
    with pytest.raises(Refused, match="Your role only reads") as refused:
        checked_scopes(["billing:write"], Role.VIEWER)
    assert refused.value.status == 403


def test_a_token_ends_when_it_was_chosen_to() -> None:
    assert end_of("30", None, NOW, may_last=False) == NOW + timedelta(days=30)
    assert end_of("date", date(2026, 11, 30), NOW, may_last=False) == datetime(2026, 11, 30, tzinfo=UTC)
    assert end_of("date", date(2027, 11, 30), NOW, may_last=False) == datetime(2027, 11, 30, tzinfo=UTC)
    assert end_of("date", date(2030, 1, 1), NOW, may_last=True) == datetime(2030, 1, 1, tzinfo=UTC)
    assert end_of("never", None, NOW, may_last=True) is None


@pytest.mark.parametrize(
    ("lasts", "on", "reason"),
    [
        ("never", None, "expiry_unknown"),
        ("31", None, "expiry_unknown"),
        ("", None, "expiry_unknown"),
        ("date", None, "expiry_missing"),
        ("date", date(2026, 11, 29), "expires_too_soon"),
        ("date", date(2027, 12, 1), "expires_too_late"),
    ],
)
def test_other_ends_are_refused(lasts: str, on: date | None, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        end_of(lasts, on, NOW, may_last=False)
    assert (refused.value.reason, refused.value.status) == (reason, 422)


def test_a_token_has_a_name() -> None:
    assert checked_name("  nightly   backup ") == "nightly backup"
    for wrong in (" ", "x" * 101, "bell\x07"):
        with pytest.raises(Refused):
            checked_name(wrong)
