"""A key that is not good for holds: what it is answered, and that it is the same of a hold and of none."""

import pytest

from app.domain.errors import Forbidden, NotFound
from app.services.authorizations.refusals import refused_key


@pytest.mark.parametrize(
    ("outcome", "status", "reason", "sentence"),
    [
        ("unauthorized", 401, "unauthorized", "Send a valid API key: Authorization: Bearer sk_…"),
        ("forbidden", 403, "forbidden", "This key lacks the scope usage:write."),
    ],
)
def test_a_key_that_is_not_good_is_answered_with_what_it_lacks(
    outcome: str, status: int, reason: str, sentence: str
) -> None:
    refused = refused_key(outcome)
    assert (refused.status, refused.reason, refused.sentence) == (status, reason, sentence)
    assert isinstance(refused, Forbidden) is (outcome == "forbidden")


def test_a_hold_of_somebody_else_is_as_one_that_is_not_there() -> None:
    refused = refused_key("not_found")
    assert isinstance(refused, NotFound)
    assert (refused.status, str(refused)) == (404, str(NotFound("authorization")))
    assert "authorization" in str(refused)
