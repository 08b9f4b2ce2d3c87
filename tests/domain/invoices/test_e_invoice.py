"""An e-invoice whose figures do not add up is not made, though the rules of EN 16931 would let it pass."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from app.domain.errors import Broken
from app.domain.invoices.e_invoice import EInvoice
from app.domain.money import Money
from app.gateways.e_invoice.xml import xml_of
from app.services.invoices import e_invoices
from tests.support.e_invoices import CASES, broken_rules


def euro(minor: int) -> Money:
    return Money(minor, "EUR")


def made() -> EInvoice:
    invoice = e_invoices.of(CASES["discounts"])
    assert isinstance(invoice, EInvoice)
    return invoice


@pytest.mark.parametrize(
    "wrong",
    [
        {"net": euro(694)},
        {"tax": euro(145)},
        {"total": euro(838)},
        {"due": euro(1)},
        {"rounding": euro(-1)},
        {"prepaid": euro(840)},
        {"items": ()},
        {"allowances": ()},
        {"taxes": ()},
    ],
)
def test_sums_that_do_not_add_up_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Broken):
        replace(made(), **wrong)


def test_a_tax_two_cents_off_is_refused_and_one_that_a_part_has_left_over_is_not() -> None:
    (group,) = made().taxes
    sums = {"tax": euro(147), "total": euro(840), "prepaid": euro(840)}
    assert replace(made(), taxes=(replace(group, tax=euro(147)),), **sums).due == euro(0)
    sums = {"tax": euro(148), "total": euro(841), "prepaid": euro(841)}
    with pytest.raises(Broken):
        replace(made(), taxes=(replace(group, tax=euro(148)),), **sums)


def test_a_quantity_at_a_price_that_is_not_its_line_is_refused_where_the_rules_let_it_pass() -> None:
    (item,) = made().items
    with pytest.raises(Broken):
        replace(item, price=Decimal(11))
    xml = xml_of(made())
    assert b"<ram:ChargeAmount>10<" in xml
    assert broken_rules(xml.replace(b"<ram:ChargeAmount>10<", b"<ram:ChargeAmount>11<")) == []
