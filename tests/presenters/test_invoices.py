"""How a document's parts are described: what a customer's number is called, by what it is."""

import pytest

from app.domain.tax.treatment import Reason
from app.models.documents import DocumentTax
from app.presenters import invoices


@pytest.mark.parametrize(
    ("reason", "words"),
    [(Reason.EXEMPT_CERTIFICATE, "Exemption certificate CERT-77"), (Reason.REVERSE_CHARGE, "Tax ID CERT-77")],
)
def test_a_certificate_is_no_tax_id(reason: Reason, words: str) -> None:
    assert invoices.buyer_number(DocumentTax(reason=reason.value, buyer_number="CERT-77")) == words
