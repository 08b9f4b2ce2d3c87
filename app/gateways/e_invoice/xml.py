"""Write an e-invoice as the XML of UN/CEFACT (CII), by drafthorse: the same e-invoice is the same bytes.

Numbers are handed over as plain decimals: drafthorse writes `str(Decimal)`, and `1E+3` is refused by the XSD.
"""

import re
from datetime import date
from decimal import Decimal
from typing import Any

from drafthorse.models.accounting import ApplicableTradeTax, CategoryTradeTax, TradeAllowanceCharge  # type: ignore[import-untyped]
from drafthorse.models.document import Document  # type: ignore[import-untyped]
from drafthorse.models.note import IncludedNote  # type: ignore[import-untyped]
from drafthorse.models.party import TaxRegistration  # type: ignore[import-untyped]
from drafthorse.models.payment import PaymentMeans, PaymentTerms  # type: ignore[import-untyped]
from drafthorse.models.tradelines import LineItem  # type: ignore[import-untyped]

from app.domain.invoices.e_invoice import Allowance, EInvoice, Item, Party, Profile, TaxGroup
from app.domain.invoices.lines import Rate
from app.domain.money import Money

UNIT = "C62"
"""One (UN/ECE Recommendation 20): what is counted has no unit of its own."""
DISCOUNT = "95"
ONLINE_PAYMENT = "68"
"""UNTDID 4461: a payment service on the Internet."""
E_MAIL = "EM"
PROCESS = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_of(invoice: EInvoice) -> bytes:
    """Return the e-invoice in UTF-8."""
    document = Document()
    if invoice.profile is Profile.XRECHNUNG:
        document.context.business_parameter.id = PROCESS
    document.context.guideline_parameter.id = invoice.profile.value
    document.header.id = _text(invoice.number)
    document.header.type_code = invoice.type_code.value
    document.header.issue_date_time = invoice.issued_on
    if invoice.note:
        note = IncludedNote()
        note.content = _text(invoice.note)
        document.header.notes.add(note)
    for place, item in enumerate(invoice.items, 1):
        document.trade.items.add(_item(place, item))
    _agreement(document.trade.agreement, invoice)
    document.trade.delivery.event.occurrence = _delivered_on(invoice)
    _settlement(document.trade.settlement, invoice)
    written: bytes = document.serialize(schema=None)
    return written


def _agreement(agreement: Any, invoice: EInvoice) -> None:
    if invoice.buyer_reference:
        agreement.buyer_reference = _text(invoice.buyer_reference)
    _party(agreement.seller, invoice.seller)
    _party(agreement.buyer, invoice.buyer)
    if invoice.purchase_order:
        agreement.buyer_order.issuer_assigned_id = _text(invoice.purchase_order)


def _party(element: Any, party: Party) -> None:
    if party.tax_number and not party.vat_number:
        element.id = _text(party.tax_number)  # whoever has no VAT number is identified by what there is (BR-CO-26)
    element.name = _text(party.name)
    if party.contact:
        element.contact.person_name = _text(party.contact)
        element.contact.telephone.number = _text(party.phone)
        element.contact.email.address = _text(party.email)
    address = element.address
    for name, value in zip(("line_one", "line_two", "line_three"), party.street, strict=False):
        setattr(address, name, _text(value))
    for name in ("postal_code", "city", "region"):
        if value := getattr(party, name):
            setattr(address, _ADDRESS[name], _text(value))
    address.country_id = party.country
    if party.email:
        element.electronic_address.uri_ID = (E_MAIL, _text(party.email))
    for scheme, number in (("VA", party.vat_number), ("FC", party.tax_number)):
        if number:
            registration = TaxRegistration()
            registration.id = (scheme, _text(number))
            element.tax_registrations.add(registration)


_ADDRESS = {"postal_code": "postcode", "city": "city_name", "region": "country_subdivision"}


def _item(place: int, item: Item) -> LineItem:
    line = LineItem()
    line.document.line_id = str(place)
    line.product.name = _text(item.description)
    line.agreement.net.amount = _plain(item.price)
    if item.price_quantity != 1:
        line.agreement.net.basis_quantity = (str(item.price_quantity), UNIT)
    line.delivery.billed_quantity = (str(item.quantity), UNIT)
    _rate(line.settlement.trade_tax, item.rate)
    if item.begins_on:
        line.settlement.period.start = item.begins_on
    if item.ends_on:
        line.settlement.period.end = item.ends_on
    line.settlement.monetary_summation.total_amount = _amount(item.net)
    return line


def _settlement(settlement: Any, invoice: EInvoice) -> None:
    settlement.currency_code = invoice.currency
    if invoice.paid_with:
        means = PaymentMeans()
        means.type_code = ONLINE_PAYMENT
        means.information.add(_text(invoice.paid_with))
        settlement.payment_means.add(means)
    for group in invoice.taxes:
        settlement.trade_tax.add(_tax(group, invoice.profile))
    days = [each for item in invoice.items for each in (item.begins_on, item.ends_on) if each]
    if days:
        settlement.period.start, settlement.period.end = min(days), max(days)
    for allowance in invoice.allowances:
        settlement.allowance_charge.add(_allowance(allowance))
    if invoice.due_on or invoice.terms:
        terms = PaymentTerms()
        terms.description = _text(invoice.terms)
        if invoice.due_on:
            terms.due = invoice.due_on
        settlement.terms.add(terms)
    _sums(settlement.monetary_summation, invoice)
    if invoice.preceding:
        settlement.invoice_referenced_document.issuer_assigned_id = _text(invoice.preceding[0])
        settlement.invoice_referenced_document.issue_date_time = invoice.preceding[1]


def _tax(group: TaxGroup, profile: Profile) -> ApplicableTradeTax:
    tax = ApplicableTradeTax()
    tax.calculated_amount = _amount(group.tax)
    _rate(tax, group.rate)
    if profile is Profile.XRECHNUNG:
        tax.rate_applicable_percent = _plain(group.rate.percent)  # also where there is none (BR-DE-14)
    tax.basis_amount = _amount(group.net)
    if group.reason:
        tax.exemption_reason = _text(group.reason)
    if group.reason_code:
        tax.exemption_reason_code = group.reason_code
    return tax


def _allowance(allowance: Allowance) -> TradeAllowanceCharge:
    made = TradeAllowanceCharge()
    made.indicator = False
    made.actual_amount = _amount(allowance.amount)
    made.reason_code = DISCOUNT
    made.reason = _text(allowance.description)
    tax = CategoryTradeTax()
    _rate(tax, allowance.rate)
    made.trade_tax.add(tax)
    return made


def _rate(tax: Any, rate: Rate) -> None:
    tax.type_code = "VAT"
    tax.category_code = rate.category
    if rate.category != "O":  # outside the scope of a tax there is no rate, not even 0 (BR-O-05)
        tax.rate_applicable_percent = _plain(rate.percent)


def _sums(sums: Any, invoice: EInvoice) -> None:
    sums.line_total = _amount(invoice.lines_total)
    if invoice.allowances:
        sums.allowance_total = _amount(invoice.allowances_total)
    sums.tax_basis_total = (_amount(invoice.net), None)
    sums.tax_total = (_amount(invoice.tax), invoice.currency)
    if invoice.rounding.amount_minor:
        sums.rounding_amount = _amount(invoice.rounding)
    sums.grand_total = (_amount(invoice.total), None)
    if invoice.prepaid.amount_minor:
        sums.prepaid_total = _amount(invoice.prepaid)
    sums.due_amount = _amount(invoice.due)


def _delivered_on(invoice: EInvoice) -> date:
    """Return the last day of what was delivered: that of the sale where no line has a period."""
    return max((item.ends_on for item in invoice.items if item.ends_on), default=invoice.sold_on or invoice.issued_on)


def _amount(money: Money) -> str:
    return format(money.major, "f")


def _plain(number: Decimal) -> str:
    """Return the number without an exponent and without zeros at its end."""
    written = format(number, "f")
    return written.rstrip("0").rstrip(".") if "." in written else written


def _text(typed: str) -> str:
    """Return what was typed as XML can hold it: it has no control characters and no halves of characters."""
    return _NOT_XML.sub(" ", typed).strip()
