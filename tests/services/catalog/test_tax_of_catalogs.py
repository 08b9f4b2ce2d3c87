"""A catalog that would tax wrongly is not applied; one that was applied before the rule is read as it is."""

import hashlib
from pathlib import Path

import pytest
from flask import Flask

from app import clock
from app.models.catalogs import CatalogVersion
from app.models.scope import as_service
from app.services.catalog import versions
from app.services.transaction import transaction
from tests.support.small_catalogs import SMALL

EXAMPLES = Path(__file__).parents[3] / "examples" / "catalogs"
BOTH = SMALL + "\n[invoices]\ncredits_first = true\n"


def test_credit_taxed_at_purchase_pays_no_invoice(app: Flask) -> None:
    with app.app_context(), pytest.raises(versions.WrongCatalog, match=r'invoices.credits_first \(line 40\) is true, but tax.credits is "at_purchase"'):  # fmt: skip
        versions.apply(BOTH)


def test_no_invoice_has_the_series_of_receipts(app: Flask) -> None:
    with app.app_context(), pytest.raises(versions.WrongCatalog, match=r"invoices.prefix \(line 40\) is RC, which receipts have"):  # fmt: skip
        versions.apply(SMALL + '\n[invoices]\nprefix = "RC"\n')


def test_a_version_that_was_applied_before_the_rule_is_read_and_its_credit_pays_no_invoice(app: Flask) -> None:
    with app.app_context(), as_service("an older release's row"):
        with transaction() as session:
            digest = hashlib.sha256(BOTH.encode()).hexdigest()
            session.add(CatalogVersion(catalog="small", version=1, text=BOTH, digest=digest, applied_at=clock.now()))
        found = versions.offered("small")
    assert (found.invoices.credits_first, found.credit_pays_invoices) == (True, False)


def test_the_examples_choose_when_credit_is_taxed() -> None:
    with_at_use = {"platform", "identity"}
    for name in ("gateway", "analytics", "platform", "identity"):
        catalog = versions.parse((EXAMPLES / f"{name}.toml").read_text())
        assert catalog.tax.credits == ("at_use" if name in with_at_use else "at_purchase")
        assert catalog.credit_pays_invoices is (name in with_at_use)
