"""What e-invoices say of a document, to the cent, and of which documents there is none."""

from decimal import Decimal

import pytest
from lxml import etree

from app.domain.invoices.documents import Kind
from app.domain.invoices.e_invoice import Profile
from app.domain.invoices.lines import Line, LineKind
from app.domain.money import Money
from app.gateways.e_invoice.xml import xml_of
from app.presenters import e_invoices as words
from app.services.invoices import e_invoices
from app.services.invoices.e_invoices import Obstacle
from app.services.invoices.reads import DocumentParts
from tests.support.e_invoices import (
    BUYER,
    CASES,
    OUTSIDE,
    RATE,
    REVERSED,
    SELLER,
    VAT,
    broken_rules,
    for_authorities,
    line,
    parts_of,
)

SUMS = (
    "LineTotalAmount", "AllowanceTotalAmount", "TaxBasisTotalAmount", "TaxTotalAmount", "RoundingAmount",
    "GrandTotalAmount", "TotalPrepaidAmount", "DuePayableAmount",
)  # fmt: skip


def said(parts: DocumentParts) -> etree._Element:
    invoice = e_invoices.of(parts)
    assert not isinstance(invoice, Obstacle), invoice
    return etree.fromstring(xml_of(invoice))


def texts(root: etree._Element, *path: str) -> list[str]:
    """Return the texts at a path of names that begins anywhere."""
    return [each.text or "" for each in root.iterfind(".//" + "/".join(f"{{*}}{name}" for name in path))]


def sums(parts: DocumentParts) -> dict[str, str]:
    (found,) = said(parts).iterfind(".//{*}SpecifiedTradeSettlementHeaderMonetarySummation")
    return {name: each for name in SUMS if (each := found.findtext(f"{{*}}{name}")) is not None}


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("invoice, paid at once", ["10.00", "10.00", "2.10", "12.10", "12.10", "0.00"]),
        ("too little to be charged", ["0.20", "0.20", "0.04", "0.24", "0.24"]),
        ("with what was carried over", ["10.00", "10.00", "2.10", "12.10", "12.10"]),
        ("credit note", ["10.00", "10.00", "2.10", "12.10", "12.10", "0.00"]),
        ("credit note that is not paid out", ["10.00", "10.00", "2.10", "12.10", "12.10"]),
        ("credit note of a correction", ["10.00", "10.00", "2.10", "12.10", "12.10", "0.00"]),
        ("credit note of a correction while due", ["10.00", "10.00", "2.10", "12.10", "12.10"]),
        ("instead of one that was paid", ["10.00", "10.00", "2.10", "12.10", "12.10", "0.00"]),
        ("instead of one that was due", ["10.00", "10.00", "2.10", "12.10", "12.10"]),
        ("instead of one that was paid, with more tax", ["10.00", "10.00", "2.10", "12.10", "10.00", "2.10"]),
        ("reverse charge", ["10.00", "10.00", "0.00", "10.00", "10.00", "0.00"]),
        ("nothing to pay", ["0.00", "0.00", "0.00", "0.00", "0.00"]),
        ("paid wholly by credit", ["10.00", "10.00", "2.10", "12.10", "12.10", "0.00"]),
        ("paid in part by credit", ["10.00", "10.00", "2.10", "12.10", "5.00", "7.10"]),
        ("discounts", ["10.00", "3.07", "6.93", "1.46", "8.39", "8.39", "0.00"]),
        ("proration", ["7.00", "7.00", "1.47", "8.47", "8.47", "0.00"]),
        ("rounding", ["12.34", "12.34", "2.59", "-0.93", "14.93", "14.00"]),
        ("yen", ["1000", "1000", "210", "1210", "1210", "0"]),
        ("two rates", ["15.00", "15.00", "2.10", "17.10", "17.10", "0.00"]),
        ("quantity at a price", ["0.15", "0.15", "0.03", "0.18", "0.18", "0.00"]),
    ],
)
def test_the_sums_are_the_documents_to_the_cent(case: str, expected: list[str]) -> None:
    found = sums(CASES[case])
    assert list(found.values()) == expected
    whole = {name: Decimal(each) for name, each in found.items()}
    zero = Decimal(0)
    assert whole["TaxBasisTotalAmount"] == whole["LineTotalAmount"] - whole.get("AllowanceTotalAmount", zero)
    assert whole["GrandTotalAmount"] == whole["TaxBasisTotalAmount"] + whole["TaxTotalAmount"]
    assert whole["DuePayableAmount"] == (
        whole["GrandTotalAmount"] - whole.get("TotalPrepaidAmount", zero) + whole.get("RoundingAmount", zero)
    )


@pytest.mark.parametrize(
    ("case", "quantity", "price", "per"),
    [
        ("invoice, paid at once", "1", "10", None),
        ("quantity at a price", "300000", "0.0000005", None),
        ("quantity in steps", "2501", "53.33", "2501"),
    ],
)
def test_a_quantity_times_its_price_is_the_line(case: str, quantity: str, price: str, per: str | None) -> None:
    root = said(CASES[case])
    assert texts(root, "BilledQuantity") == [quantity]
    assert texts(root, "NetPriceProductTradePrice", "ChargeAmount") == [price]
    assert texts(root, "NetPriceProductTradePrice", "BasisQuantity") == ([per] if per else [])


def test_a_line_that_lowers_the_sum_has_its_quantity_below_zero_and_never_its_price() -> None:
    root = said(CASES["proration"])
    assert texts(root, "BilledQuantity") == ["1", "-1"]
    assert texts(root, "NetPriceProductTradePrice", "ChargeAmount") == ["10", "3"]
    assert texts(root, "SpecifiedTradeSettlementLineMonetarySummation", "LineTotalAmount") == ["10.00", "-3.00"]


def test_discounts_are_allowances_and_no_lines() -> None:
    root = said(CASES["discounts"])
    assert texts(root, "SpecifiedTradeProduct", "Name") == ["usage of July"]
    assert texts(root, "SpecifiedTradeAllowanceCharge", "ActualAmount") == ["3.00", "0.07"]


def test_a_credit_note_is_of_its_type_names_its_invoice_and_says_why() -> None:
    root = said(CASES["credit note"])
    assert texts(root, "ExchangedDocument", "TypeCode") == ["381"]
    assert texts(root, "InvoiceReferencedDocument", "IssuerAssignedID") == ["INV-2026-000007"]
    assert texts(root, "IncludedNote", "Content") == ["Refund of €10.00"]
    root = said(CASES["credit note that is not paid out"])
    assert texts(root, "SpecifiedTradePaymentTerms", "Description") == ["To be set off against INV-2026-000007"]


def test_what_is_carried_over_is_said_and_is_in_no_sum() -> None:
    root = said(CASES["too little to be charged"])
    assert texts(root, "SpecifiedTradePaymentTerms", "Description") == ["Collected with a later invoice"]
    root = said(CASES["with what was carried over"])
    assert texts(root, "IncludedNote", "Content") == ["Collected with this invoice: 0.24 EUR of earlier invoices"]


def test_reverse_charge_has_its_reason_and_both_numbers() -> None:
    root = said(CASES["reverse charge"])
    assert texts(root, "SpecifiedTaxRegistration", "ID") == [SELLER, BUYER]
    assert texts(root, "ExemptionReasonCode") == ["VATEX-EU-AE"]
    assert texts(root, "ExemptionReason")[0].startswith("Reverse charge")


def test_a_certificate_is_a_reason_and_no_number_for_vat() -> None:
    root = said(CASES["exempt"])
    assert texts(root, "SpecifiedTaxRegistration", "ID") == [SELLER]
    assert texts(root, "ExemptionReason") == ["Exempt from tax: certificate EX-77"]


def test_outside_the_scope_nobody_shows_a_number_for_vat_and_the_seller_is_known_all_the_same() -> None:
    root = said(CASES["outside the scope of VAT"])
    assert [each.get("schemeID") for each in root.iterfind(".//{*}SpecifiedTaxRegistration/{*}ID")] == ["FC"]
    assert texts(root, "SellerTradeParty", "ID") == [SELLER]
    assert texts(root, "ApplicableTradeTax", "RateApplicablePercent") == []


def test_it_says_who_when_and_by_which_order() -> None:
    root = said(CASES["invoice of a period, due"])
    assert texts(root, "SellerTradeParty", "Name") + texts(root, "BuyerTradeParty", "Name") == [
        "Small GmbH",
        "Acme & Fils <SARL>",
    ]
    assert texts(root, "BuyerTradeParty", "PostalTradeAddress", "*") == ["69001", "1 rue de l’Arbre", "Lyon", "FR"]
    assert texts(root, "BuyerOrderReferencedDocument", "IssuerAssignedID") == ["PO 17"]
    assert texts(root, "SpecifiedTradePaymentTerms", "DueDateDateTime", "DateTimeString") == ["20261212"]
    assert texts(root, "ApplicableHeaderTradeSettlement", "BillingSpecifiedPeriod", "*", "*") == [
        "20260701",
        "20260731",
    ]
    assert texts(root, "OccurrenceDateTime", "DateTimeString") == ["20260731"]
    assert texts(said(CASES["address of six lines"]), "SellerTradeParty", "PostalTradeAddress", "*") == [
        "1", "2", "3, 4, 5, 6", "DE",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        (parts_of([line(1000, OUTSIDE)], [OUTSIDE], Kind.RECEIPT), Obstacle.RECEIPT),
        (parts_of([line(1000)], seller_country="US"), Obstacle.SELLER_OUTSIDE_UNION),
        (parts_of([line(1000)], seller_country=""), Obstacle.SELLER_OUTSIDE_UNION),
        (parts_of([line(1000, currency="KWD")]), Obstacle.DECIMALS),
        (parts_of([line(1000)], buyer_country=""), Obstacle.NO_COUNTRY),
        (parts_of([line(1000, OUTSIDE)], [OUTSIDE], seller_tax_id=""), Obstacle.NO_SELLER_NUMBER),
        (parts_of([line(1000), line(5, OUTSIDE)], [VAT, OUTSIDE]), Obstacle.PARTLY_OUTSIDE),
        (parts_of([line(0, kind=LineKind.DISCOUNT)]), Obstacle.ONLY_DISCOUNTS),
    ],
)
def test_what_cannot_be_said_has_none_and_the_page_says_why(parts: DocumentParts, why: Obstacle) -> None:
    assert e_invoices.of(parts) is why
    sentence = words.SENTENCES[why]
    assert words.why_none(parts) == sentence
    silent = {Obstacle.RECEIPT, Obstacle.SELLER_OUTSIDE_UNION}
    assert (sentence == "") == (why in silent)


def test_each_reason_has_its_words() -> None:
    assert set(words.SENTENCES) == set(Obstacle)


def test_two_numbers_of_the_seller_cannot_be_said() -> None:
    parts = parts_of([line(1000), line(5, REVERSED)], [VAT, REVERSED])
    parts.taxes[0].seller_number = "FR40303265045"
    assert e_invoices.of(parts) is Obstacle.SEVERAL_SELLER_NUMBERS


def test_whoever_gives_a_reference_gets_an_xrechnung_where_the_seller_can_be_reached() -> None:
    parts = for_authorities("invoice, paid at once")
    root = said(parts)
    assert texts(root, "GuidelineSpecifiedDocumentContextParameter", "ID") == [Profile.XRECHNUNG.value]
    assert texts(root, "BuyerReference") == ["04011000-12345-34"]
    assert texts(root, "SellerTradeParty", "PostalTradeAddress", "*") == ["10115", "Lange Straße 1", "Berlin", "DE"]
    assert texts(root, "DefinedTradeContact", "PersonName") == ["Accounts"]
    for name in ("seller_contact", "seller_phone", "seller_email", "seller_city", "buyer_city", "buyer_postal_code"):
        other = for_authorities("invoice, paid at once")
        setattr(other.document, name, "")
        root = said(other)
        assert texts(root, "GuidelineSpecifiedDocumentContextParameter", "ID") == [Profile.EN_16931.value]
        assert texts(root, "BuyerReference") == ["04011000-12345-34"]
        assert broken_rules(etree.tostring(root)) == []


def test_a_payment_that_comes_later_changes_nothing() -> None:
    before = parts_of([Line(LineKind.USAGE, "Calls", Money(1000, "EUR"), RATE)], source_type="period", paid_with="")
    after = parts_of(
        [Line(LineKind.USAGE, "Calls", Money(1000, "EUR"), RATE)], source_type="period", paid_with="", state="paid",
        paid_minor=1210,
    )  # fmt: skip
    assert etree.tostring(said(before)) == etree.tostring(said(after))


@pytest.mark.usefixtures("app")
def test_free_texts_are_in_the_documents_language_and_codes_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = CASES["reverse charge"]
    monkeypatch.setattr(parts.document, "language", "de")
    root = said(parts)
    assert texts(root, "ExemptionReason") == ["Steuerschuldnerschaft des Leistungsempfängers (Reverse Charge)"]
    assert texts(root, "ExemptionReasonCode") == ["VATEX-EU-AE"]


@pytest.mark.proof
@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("name", ["de", "he"])
def test_an_e_invoice_in_another_language_breaks_no_rule(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    broken = {}
    for case, parts in CASES.items():
        monkeypatch.setattr(parts.document, "language", name)
        broken[case] = broken_rules(etree.tostring(said(parts)))
    assert {case: found for case, found in broken.items() if found} == {}
