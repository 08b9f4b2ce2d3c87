"""E-invoices keep the published rules: XSD and Schematron, without a network, and each field that they need is there."""

import re
from collections.abc import Iterator

import pytest
from lxml import etree

from app.domain.invoices.e_invoice import Profile
from app.gateways.e_invoice.xml import xml_of
from app.services.invoices import e_invoices
from tests.support.e_invoices import CASES, broken_rules, broken_rules_of_xrechnung, for_authorities

OPTIONAL = {
    "Note",
    "BuyerOrderReferencedDocument",
    "LineOne",
    "LineTwo",
    "LineThree",
    "CityName",
    "PostcodeCode",
    "CountrySubDivisionName",
    "URIUniversalCommunication",
    "StartDateTime",
    "EndDateTime",
    "FormattedIssueDateTime",
    "Information",
    "BasisQuantity",
    "Reason",
    "ReasonCode",
    "ExemptionReason",
    "ExemptionReasonCode",
    "IncludedNote",
    "Description",
    "DueDateDateTime",
}
"""What EN 16931 lets be absent: a part of an address, an e-mail address, one of two reasons, a day of two, and for
how many a price is, for its rules multiply nothing."""


def _written(case: str) -> bytes:
    invoice = e_invoices.of(CASES[case])
    assert not isinstance(invoice, e_invoices.Obstacle), invoice
    return xml_of(invoice)


def _without_each(xml: bytes) -> Iterator[tuple[set[str], bytes]]:
    """Yield the XML without each of its fields in turn, and the names of what it is in."""
    fields = sum(1 for each in etree.fromstring(xml).iter() if len(each) == 0)
    for place in range(fields):
        root = etree.fromstring(xml)
        gone = [each for each in root.iter() if len(each) == 0][place]
        names = {etree.QName(gone).localname}
        while len(gone.getparent()) == 1:  # whoever has nothing in it is not there
            gone = gone.getparent()
            names.add(etree.QName(gone).localname)
        gone.getparent().remove(gone)
        yield names, etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _missed(case: str) -> list[set[str]]:
    """Return the fields that no rule misses, though EN 16931 does not let them be absent."""
    written = _written(case)
    may = OPTIONAL | ({"TaxTotalAmount"} if b'TaxTotalAmount currencyID="EUR">0.00<' in written else set())
    may |= {"SpecifiedTaxRegistration"} if b"CategoryCode>O<" in written else set()  # the seller has an identifier then
    return [names for names, xml in _without_each(written) if not names & may and not broken_rules(xml)]


def test_every_kind_of_document_keeps_the_rules_and_misses_each_field() -> None:
    assert {case: found for case in CASES if (found := broken_rules(_written(case)))} == {}
    assert _missed("instead of one that was paid") == []  # all that a paid invoice has, and which one it replaces
    for reason in (b"ExemptionReasonCode", b"ExemptionReason"):
        assert reason in _written("reverse charge")
    unsaid = re.sub(rb"<ram:ExemptionReason(Code)?>.*", b"", _written("reverse charge"))
    assert [each[:10] for each in broken_rules(unsaid)] == ["[BR-AE-10]"]
    assert broken_rules(_written("yen").replace(b">1000<", b">1E+3<")) != []


@pytest.mark.parametrize(
    ("case", "delivered"),
    [
        ("invoice, paid at once", "20261128"),
        ("instead of one that was paid", "20261030"),
        ("instead of one that was due", "20260731"),
        ("instead of one that was paid, with more tax", "20261030"),
    ],
)
def test_an_invoice_in_the_place_of_another_names_it_and_the_day_of_the_sale(case: str, delivered: str) -> None:
    root = etree.fromstring(_written(case))
    (sold,) = (each.findtext(".//{*}DateTimeString") for each in root.iter("{*}ActualDeliverySupplyChainEvent"))
    assert sold == delivered
    preceding = [[*each.itertext()] for each in root.iter("{*}InvoiceReferencedDocument")]
    preceding = [[text.strip() for text in each if text.strip()] for each in preceding]
    assert preceding == ([["INV-2026-000006", "20261030"]] if "instead" in case else [])


def _xrechnung(case: str) -> bytes:
    invoice = e_invoices.of(for_authorities(case))
    assert not isinstance(invoice, e_invoices.Obstacle), invoice
    assert invoice.profile is Profile.XRECHNUNG
    return xml_of(invoice)


def test_every_kind_of_document_keeps_the_rules_of_xrechnung_where_it_is_one() -> None:
    assert {case: found for case in CASES if (found := broken_rules_of_xrechnung(_xrechnung(case)))} == {}
    missed = [
        names
        for names, xml in _without_each(_xrechnung("invoice, paid at once"))
        if names & {"BuyerReference", "DefinedTradeContact", "CityName", "PostcodeCode", "URIUniversalCommunication"}
        and not broken_rules_of_xrechnung(xml)
    ]
    assert missed == []


@pytest.mark.proof
@pytest.mark.parametrize("case", CASES)
def test_each_field_that_is_removed_breaks_a_rule(case: str) -> None:
    assert _missed(case) == []


def test_the_same_document_is_the_same_bytes() -> None:
    for case in CASES:
        assert _written(case) == _written(case)
