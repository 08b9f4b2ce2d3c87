"""What the API answers of an event that it does not take."""

import pytest

from app.domain.usage_words import refused


@pytest.mark.parametrize(("meter", "named"), [("tokens", "tokens"), ("", "of this name"), ("a\nb", "of this name")])
def test_a_meter_is_named_where_its_name_can_be_shown(meter: str, named: str) -> None:
    assert refused("unknown_meter", meter) == f"The customer's version of the catalog has no meter {named}."


def test_another_reason_names_no_meter() -> None:
    assert refused("unknown_customer", "tokens") == "There is no such customer."
