"""Why a sale is taxed as it is: every reason has its words, and every place its name."""

import pytest

from app.domain.tax.territories import TERRITORIES
from app.domain.tax.treatment import Reason
from app.presenters import tax_settings
from app.presenters.invoices import REASONS


def test_every_reason_has_words() -> None:
    assert set(REASONS) == set(Reason)
    assert [reason for reason, words in REASONS.items() if not words] == [Reason.STANDARD]


@pytest.mark.parametrize("code", ["XI", "EU", "EL", "DE", *(each.code for each in TERRITORIES)])
def test_every_place_has_a_name(code: str) -> None:
    assert tax_settings.country(code) not in {"", code}
