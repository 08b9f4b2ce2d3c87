"""The example catalogs are applied without a warning: their sellers have an address and tax numbers that can be some."""

from collections.abc import Callable

import pytest
import stdnum.de.vat
import stdnum.fr.tva
import stdnum.gb.vat
import stdnum.us.ein
from flask import Flask

from app.services.catalog import cautions, versions
from tests.support.cast import EXAMPLES

CHECKS: dict[str, Callable[[str], bool]] = {
    "DE": stdnum.de.vat.is_valid,
    "FR": stdnum.fr.tva.is_valid,
    "GB": stdnum.gb.vat.is_valid,
    "US": stdnum.us.ein.is_valid,
}


@pytest.mark.parametrize("name", sorted(each.stem for each in EXAMPLES.glob("*.toml")))
def test_an_example_warns_of_nothing_and_its_numbers_pass_their_check_digits(app: Flask, name: str) -> None:
    versions.apply((EXAMPLES / f"{name}.toml").read_text())
    assert cautions.of(name) == []
    catalog = versions.offered(name)
    numbers = [(catalog.seller.country, catalog.seller.tax_id)]
    numbers += [(each.country, each.number) for each in catalog.tax.rates if each.number]
    for country, number in numbers:
        assert CHECKS[country](number), (country, number)
    assert catalog.seller.address and catalog.seller.email.endswith(".example")
