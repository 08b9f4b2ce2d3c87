"""How a document's parts are described: what a customer's number is called, by what it is."""

import pytest
from flask import Flask

from app.domain import language
from app.domain.tax.treatment import Reason
from app.domain.tax.words import tax_id
from app.models.documents import DocumentTax
from app.presenters import invoices


@pytest.mark.parametrize(
    ("name", "words", "other"),
    [
        ("en", "Tax ID", "Tax ID"),
        ("de", "USt-IdNr.", "Steuernummer"),
        ("fr", "N° TVA", "Numéro fiscal"),
        ("es", "NIF-IVA", "Número fiscal"),
        ("he", "מספר מע״מ", "מספר רישום מס"),
    ],
)
def test_a_number_for_the_unions_vat_is_called_as_the_language_calls_it(
    app: Flask, name: str, words: str, other: str
) -> None:
    with language.using(name):
        for number in ("DE811907980", "EL094259216", "ATU12345678"):
            assert tax_id(number) == f"{words} {number}"
        for number in ("98-7654321", "GB123456789", "CHE-123.456.789", "EU372000001", "DEPOSIT", ""):
            assert tax_id(number) == f"{other} {number}"


@pytest.mark.parametrize(
    ("reason", "words"),
    [(Reason.EXEMPT_CERTIFICATE, "Exemption certificate CERT-77"), (Reason.REVERSE_CHARGE, "Tax ID CERT-77")],
)
def test_a_certificate_is_no_tax_id(reason: Reason, words: str) -> None:
    assert invoices.buyer_number(DocumentTax(reason=reason.value, buyer_number="CERT-77")) == words
