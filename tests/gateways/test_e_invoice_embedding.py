"""The PDF that carries its e-invoice: readers of Factur-X find it, pages stay, and the same files give the same bytes."""

import hashlib
import os
import subprocess
import sys
from datetime import UTC, datetime
from io import BytesIO

from facturx import get_facturx_xml_from_pdf
from lxml import etree
from pypdf import PdfReader, PdfWriter

from app.domain.invoices.e_invoice import EInvoice, Profile
from app.gateways.e_invoice.embedding import embed
from app.gateways.e_invoice.xml import xml_of
from app.services.invoices import e_invoices
from tests.support.e_invoices import CASES

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
AGAIN = """
import hashlib
from tests.gateways.test_e_invoice_embedding import embedded
print(hashlib.sha256(embedded()).hexdigest())
"""


def plain_pdf() -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(595, 842)
    writer.add_metadata({"/Title": "Invoice"})
    made = BytesIO()
    writer.write(made)
    return made.getvalue()


def embedded() -> bytes:
    invoice = e_invoices.of(CASES["discounts"])
    assert isinstance(invoice, EInvoice)
    return embed(plain_pdf(), xml_of(invoice), Profile.EN_16931, "Small & <GmbH> INV-7", NOON)


def test_a_reader_of_factur_x_finds_it_and_the_file_says_what_it_is() -> None:
    made = embedded()
    name, xml = get_facturx_xml_from_pdf(made, check_xsd=True)
    invoice = e_invoices.of(CASES["discounts"])
    assert isinstance(invoice, EInvoice)
    assert (name, xml) == ("factur-x.xml", xml_of(invoice))
    reader = PdfReader(BytesIO(made))
    assert len(reader.pages) == 1
    root = reader.trailer["/Root"]
    (specification,) = (each.get_object() for each in root["/AF"])
    assert specification["/AFRelationship"] == "/Alternative"
    assert specification["/EF"]["/F"].get_object()["/Subtype"] == "/text/xml"
    said = etree.fromstring(root["/Metadata"].get_object().get_data())
    fx = "{urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#}"
    assert [said.findtext(f".//{fx}{each}") for each in ("DocumentType", "DocumentFileName", "ConformanceLevel")] == [
        "INVOICE",
        "factur-x.xml",
        "EN 16931",
    ]
    assert "Small & <GmbH> INV-7" in "".join(said.itertext())


def test_it_claims_to_be_no_pdf_a_for_no_checker_has_said_so() -> None:
    assert b"http://www.aiim.org/pdfa/ns/id/" not in embedded()


def test_another_process_makes_the_same_bytes() -> None:
    environment = os.environ | {"PYTHONHASHSEED": "4711", "TZ": "Pacific/Auckland"}
    run = subprocess.run([sys.executable, "-c", AGAIN], env=environment, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == hashlib.sha256(embedded()).hexdigest()
