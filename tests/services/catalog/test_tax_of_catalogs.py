"""A catalog that would tax wrongly is not applied; one that was applied before the rule is read as it is."""

import hashlib
from pathlib import Path

import pytest
from flask import Flask

from app import clock
from app.domain.people.members import Actor
from app.models.catalogs import CatalogVersion
from app.models.customers import Customer
from app.models.scope import as_service
from app.services.catalog import versions
from app.services.transaction import transaction
from tests.support import periods
from tests.support.reversals import buys, sends_back
from tests.support.shop import ASKS, BROKE, GOOD
from tests.support.small_catalogs import SMALL
from tests.support.taxed import AT_USE, sold_from_france

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


TWICE = "it would be taxed twice or never; give the new catalog another name, for new customers"


@pytest.mark.both_databases
@pytest.mark.parametrize("what", ["bought", "sent_back", "under_way"])
def test_who_has_bought_credit_has_it_taxed_as_it_was_sold(
    app: Flask, acme: Customer, alice_actor: Actor, what: str
) -> None:
    sold_from_france()
    payment = buys(app, alice_actor, 2_500, ASKS if what == "under_way" else GOOD)
    assert payment.state == ("requires_action" if what == "under_way" else "succeeded")
    if what == "sent_back":
        sends_back(payment)
    with pytest.raises(versions.WrongCatalog) as refused:
        sold_from_france(AT_USE)
    assert str(refused.value).startswith(
        'tax.credits (line 113) cannot become "at_use": 1 customer of this catalog has'
    )
    assert str(refused.value).endswith(TWICE)
    with app.app_context(), as_service("look at the catalog"):
        assert versions.offered("gateway").tax.credits == "at_purchase"
    sold_from_france(('percent = "20"', 'percent = "21"'))  # whatever else of it changes


def test_what_is_taxed_at_use_does_not_become_taxed_at_purchase_under_a_buyer(
    app: Flask, acme: Customer, alice_actor: Actor
) -> None:
    sold_from_france(AT_USE)
    buys(app, alice_actor, 2_500)
    with pytest.raises(versions.WrongCatalog, match='bought credit "at_use", and ' + TWICE):
        sold_from_france()


def test_while_nobody_has_bought_credit_it_may_be_taxed_at_another_time(
    app: Flask, acme: Customer, alice_actor: Actor
) -> None:
    sold_from_france()
    periods.gives(acme, 5)
    assert buys(app, alice_actor, 2_500, BROKE).state == "failed"
    sold_from_france(AT_USE)
    sold_from_france()


def test_credit_in_a_named_unit_is_never_taxed_at_its_use(app: Flask) -> None:
    with pytest.raises(
        versions.WrongCatalog, match=r'tax.credits .* must not be "at_use" where credit is counted in tokens'
    ):
        periods.customer(taxed="at_use", unit="tokens", overage="0")
