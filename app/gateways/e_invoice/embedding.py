"""Put an e-invoice into the PDF of its document, as Factur-X wants it: the same two files give the same bytes.

factur-x does this too, but writes the time of day four times into each file, and says in each that it is PDF/A-3B,
whatever it is. Here nothing is claimed that no checker has said.
"""

import hashlib
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from pypdf import PdfWriter
from pypdf.generic import (
    ArrayObject,
    ByteStringObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    PdfObject,
    StreamObject,
    TextStringObject,
)

from app.domain.invoices.e_invoice import Profile

NAME = "factur-x.xml"
"""The attachment is named so under every profile."""
LEVELS = {Profile.EN_16931: "EN 16931", Profile.XRECHNUNG: "XRECHNUNG"}
_PROPERTIES = {
    "DocumentFileName": "The name of the embedded XML document",
    "DocumentType": "The type of the hybrid document",
    "Version": "The version of the standard of the embedded XML document",
    "ConformanceLevel": "The profile of the embedded XML document",
}
_XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title></rdf:Description>
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/">
<xmp:CreateDate>{made_at}</xmp:CreateDate><xmp:ModifyDate>{made_at}</xmp:ModifyDate></rdf:Description>
<rdf:Description rdf:about="" xmlns:fx="{fx}">
<fx:DocumentType>INVOICE</fx:DocumentType><fx:DocumentFileName>{name}</fx:DocumentFileName>
<fx:Version>1.0</fx:Version><fx:ConformanceLevel>{level}</fx:ConformanceLevel></rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>{fx}</pdfaSchema:namespaceURI><pdfaSchema:prefix>fx</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq>
{properties}
</rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>
</rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""
_PROPERTY = (
    '<rdf:li rdf:parseType="Resource"><pdfaProperty:name>{}</pdfaProperty:name>'
    "<pdfaProperty:valueType>Text</pdfaProperty:valueType><pdfaProperty:category>external</pdfaProperty:category>"
    "<pdfaProperty:description>{}</pdfaProperty:description></rdf:li>"
)
_FX = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"


def embed(pdf: bytes, xml: bytes, profile: Profile, title: str, made_at: datetime) -> bytes:
    """Return the PDF with the XML in it. Its pages stay as they are."""
    writer = PdfWriter(clone_from=BytesIO(pdf))
    root = writer.root_object
    specification = writer._add_object(_specification(writer, xml, made_at))  # noqa: SLF001  # there is no other way
    names = DictionaryObject({NameObject("/Names"): ArrayObject([TextStringObject(NAME), specification])})
    known: Any = root.get("/Names")
    kept = known.get_object() if known else {}  # what links jump to
    root[NameObject("/Names")] = DictionaryObject({**kept, NameObject("/EmbeddedFiles"): names})
    root[NameObject("/AF")] = ArrayObject([specification])
    said = _stream(_xmp(profile, title, made_at), {"/Type": NameObject("/Metadata"), "/Subtype": NameObject("/XML")})
    root[NameObject("/Metadata")] = writer._add_object(said)  # noqa: SLF001
    made = BytesIO()
    writer.write(made)
    return made.getvalue()


def _specification(writer: PdfWriter, xml: bytes, made_at: datetime) -> DictionaryObject:
    about: dict[str, PdfObject] = {
        "/Size": NumberObject(len(xml)),
        "/ModDate": TextStringObject(f"{made_at.astimezone(UTC):D:%Y%m%d%H%M%SZ}"),
        "/CheckSum": ByteStringObject(hashlib.md5(xml, usedforsecurity=False).digest()),
    }
    content = _stream(
        xml, {"/Type": NameObject("/EmbeddedFile"), "/Subtype": NameObject("/text/xml"), "/Params": _dictionary(about)}
    ).flate_encode()
    file = writer._add_object(content)  # noqa: SLF001
    return _dictionary(
        {
            "/Type": NameObject("/Filespec"),
            "/F": TextStringObject(NAME),
            "/UF": TextStringObject(NAME),
            "/Desc": TextStringObject("Factur-X"),
            "/AFRelationship": NameObject("/Alternative"),  # it says the same as the pages
            "/EF": _dictionary({"/F": file, "/UF": file}),
        }
    )


def _xmp(profile: Profile, title: str, made_at: datetime) -> bytes:
    properties = "\n".join(_PROPERTY.format(name, words) for name, words in _PROPERTIES.items())
    return _XMP.format(
        title=escape(title),
        made_at=f"{made_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        fx=_FX,
        name=NAME,
        level=LEVELS[profile],
        properties=properties,
    ).encode()


def _stream(content: bytes, about: dict[str, PdfObject]) -> StreamObject:
    made = DecodedStreamObject()
    made.set_data(content)
    made.update(_dictionary(about))
    return made


def _dictionary(values: dict[str, PdfObject]) -> DictionaryObject:
    return DictionaryObject({NameObject(name): value for name, value in values.items()})
