"""What a catalog answers: its packs, plans, units and meters by their keys, and nothing for what is not there."""

from pathlib import Path

import pytest

from app.domain.catalog import MeterKind
from app.domain.catalog_problems import unique
from app.domain.usage_words import WITHOUT_A_METER, title
from app.services.catalog import versions
from tests.support.small_catalogs import SMALL, TOKENS

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples" / "catalogs"
SOLD, PACKED = versions.parse(SMALL), versions.parse(TOKENS)
ANALYTICS = versions.parse((EXAMPLES / "analytics.toml").read_text())


@pytest.mark.parametrize(
    ("kind", "can"),
    [("count", True), ("sum", True), ("unique", False), ("last", False), ("max", False)],
)
def test_only_what_is_counted_or_added_up_can_be_held(kind: str, can: bool) -> None:
    assert MeterKind(kind).can_be_held is can


def test_credit_is_the_currency_or_a_named_unit() -> None:
    assert (SOLD.sells_money_credit, SOLD.credit_unit, SOLD.credit_unit_label) == (True, SOLD.currency, SOLD.currency)
    assert (PACKED.sells_money_credit, PACKED.credit_unit) == (False, PACKED.credits.unit)
    assert PACKED.credit_unit_label == (PACKED.credits.unit_label or PACKED.credits.unit)
    assert SOLD.seller_name == SOLD.seller.name


def test_what_has_a_key_is_found_by_it_and_nothing_else_is() -> None:
    for pack in ANALYTICS.packs:
        assert ANALYTICS.pack(pack.key) is pack
    for meter in ANALYTICS.meters:
        assert ANALYTICS.meter(meter.key) is meter
        assert title(ANALYTICS, meter.key) == meter.title
    for plan in ANALYTICS.plans:
        assert ANALYTICS.plans.plan(plan.key) is plan
    assert ANALYTICS.pack("gone") is ANALYTICS.meter("gone") is ANALYTICS.plans.plan("gone") is None
    assert (title(ANALYTICS, "gone"), title(ANALYTICS, "")) == ("gone", WITHOUT_A_METER)


def test_a_key_that_is_taken_is_named_at_its_place() -> None:
    assert list(unique("packs", ["a", "b", "c"])) == []
    (found,) = unique("packs", ["a", "b", "a"])
    assert (found.path, found.reason) == (("packs", 2, "key"), "is taken already by an earlier one (a)")
    (below,) = unique("plans", ["a", "a"], "tiers")
    assert below.path == ("plans", "tiers", 1, "key")
