"""What the question before a payment method goes says of auto-recharge."""

from dataclasses import replace

import pytest

from app.domain.auto_recharge.terms import Terms, beginning
from app.presenters.recharge_line import without
from tests.presenters.test_status_line import catalog

BY_DEFAULT = replace(beginning(catalog()), enabled=True)
CHOSEN = replace(BY_DEFAULT, method_id="pm_1")


@pytest.mark.parametrize(
    ("terms", "is_default", "others", "begins"),
    [
        (None, True, 0, ""),
        (BY_DEFAULT, False, 1, ""),
        (replace(CHOSEN, method_id="pm_2"), True, 1, ""),
        (BY_DEFAULT, True, 0, "Auto-recharge charges it: without it, nothing"),
        (BY_DEFAULT, True, 1, "Auto-recharge charges your default payment method, and will charge the new one."),
        (CHOSEN, False, 1, "Auto-recharge charges it: without it, nothing"),
        (CHOSEN, True, 0, "Auto-recharge charges it: without it, nothing"),
        (replace(CHOSEN, other_methods=True), False, 1, "Auto-recharge charges it, and will charge another"),
        (replace(CHOSEN, other_methods=True), False, 0, "Auto-recharge charges it: without it, nothing"),
    ],
)
def test_it_says_what_is_charged_then(terms: Terms | None, is_default: bool, others: int, begins: str) -> None:
    said = without("pm_1", is_default=is_default, others=others, terms=terms)
    assert said.startswith(begins) and bool(said) == bool(begins)
