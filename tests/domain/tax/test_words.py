"""How the tax on a purchase is described: its name, why it is added or not, and where it can be changed."""

from decimal import Decimal

import pytest

from app import locale
from app.domain import language
from app.domain.tax import words
from app.domain.tax.treatment import Category, Reason, Treatment

ADDED = {
    Reason.STANDARD, Reason.NO_ADDRESS, Reason.NUMBER_PENDING, Reason.NUMBER_UNVERIFIED, Reason.NUMBER_UNAVAILABLE,
    Reason.NUMBER_FOR_SHOPS, Reason.NUMBER_FOR_GOODS, Reason.NUMBER_OF_SELLERS_STATE, Reason.SAME_COUNTRY,
}  # fmt: skip


def of(reason: Reason, category: Category = Category.STANDARD, percent: str = "5.50") -> Treatment:
    return Treatment(category, Decimal(percent), "TVA", "FR", reason, "DE136695976", "FR1")


@pytest.mark.parametrize("reason", sorted(ADDED - {Reason.STANDARD}))
def test_who_is_taxed_for_a_reason_reads_it_and_where_to_go(reason: Reason) -> None:
    assert words.why(of(reason)).endswith(".")
    assert words.where(of(reason)) in {words.TAX_SETTINGS, words.INVOICE_ADDRESS}
    assert ("DE136695976" in words.why(of(reason))) == reason.value.startswith("number_")


@pytest.mark.parametrize("reason", sorted(set(Reason) - ADDED))
def test_who_is_not_taxed_reads_why_and_is_sent_nowhere(reason: Reason) -> None:
    assert words.why(of(reason, Category.OUTSIDE, "0")).endswith(".")
    assert words.where(of(reason, Category.OUTSIDE, "0")) == ""


@pytest.mark.parametrize("category", [Category.STANDARD, Category.OUTSIDE])
def test_who_has_no_address_reads_whom_the_document_is_made_out_to(category: Category) -> None:
    found = of(Reason.NO_ADDRESS, category, "5.5" if category is Category.STANDARD else "0")
    assert "will be made out to your name alone." in words.why(found)
    assert words.where(found) == words.INVOICE_ADDRESS


def test_a_rate_that_simply_applies_needs_no_reason() -> None:
    assert (words.why(of(Reason.STANDARD)), words.where(of(Reason.STANDARD))) == ("", "")
    assert words.title(of(Reason.STANDARD)) == "TVA 5.5 %"
    with language.using("de"):
        assert words.title(of(Reason.STANDARD), locale.number) == "TVA 5,5 %"
    assert words.title(of(Reason.REVERSE_CHARGE, Category.REVERSE_CHARGE, "0")) == "Tax"


def test_credit_that_is_taxed_when_it_is_used_says_so() -> None:
    assert (words.title(None), words.why(None), words.where(None)) == ("Tax", words.AT_USE, "")
