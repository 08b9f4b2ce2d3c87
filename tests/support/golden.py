"""Documents whose pages are kept: where each text stands, and how the first and last page look.

`python -m tests.support.golden` draws them anew into `tests/golden/`; look at them before you keep them.
"""

import base64
import io
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pypdfium2
from flask import Flask
from PIL import Image, ImageChops, ImageStat

from app import languages, printing
from app.domain import language
from app.domain.bank_transfers.accounts import BankAccount
from app.gateways.pdf.renderer import Renderer
from app.presenters.printed import invoices, logo
from app.presenters.printed.document import PrintedDocument
from app.services.catalog import logos
from app.services.invoices.reads import DocumentParts
from tests.support.printed_documents import AT, BOUGHT, LINK, head, line, lines, parts, tax

FOLDER = Path(__file__).resolve().parents[1] / "golden"
ACCOUNT = BankAccount(
    (("Account holder", "Harbour Cloud SAS"), ("IBAN", "DE89370400440532013000"), ("BIC", "COBADEFFXXX"))
)
SCALE = 0.3
"""Pixels a point: an eye sees what stands where, and a page is some kilobytes."""
MEAN, BLOCK = 1.5, 20
"""How far grey may be off on the whole page and in a square of 10 pixels, of 255: another build of the reader's
drawing is within it, a text that moved by its own height is not."""


def _buyer(country: str, company: str, street: str, city: str, postal_code: str, region: str = "") -> dict[str, Any]:
    return {
        "buyer_country": country, "buyer_company": company, "buyer_line1": street, "buyer_city": city,
        "buyer_postal_code": postal_code, "buyer_region": region, "customer_name": company,
    }  # fmt: skip


BUYERS = {
    "greek": _buyer("GR", "Ελληνική Εταιρεία Λογισμικού Α.Ε.", "Λεωφόρος Κηφισίας 45", "Αθήνα", "115 23"),
    "polish": _buyer("PL", "Zażółć Gęślą Jaźń Sp. z o.o.", "ul. Święty Krzyż 7", "Łódź", "90-001"),
    "cyrillic": _buyer("BG", "Общество „Їжак и Щука“ ООД", "бул. Витоша 12", "София", "1000"),
    "arabic": _buyer("SA", "مؤسسة النور للتجارة", "شارع الملك فهد 12", "الرياض", "12271"),
    "hebrew": _buyer("IL", "חברת שלום בע״מ", "שדרות רוטשילד 22", "תל אביב", "6688218"),
    "japanese": _buyer("JP", "株式会社サンプル東京", "丸の内1-2-3", "千代田区", "100-0005", "東京都"),
    "chinese": _buyer("CN", "上海示例贸易有限公司", "南京西路1266号", "静安区", "200040", "上海市"),
}
"""One page each (AC-63)."""


def _named(buyer: dict[str, Any]) -> DocumentParts:
    first, *others = lines()
    first.description = f"{first.description} · {buyer['buyer_company']}"
    return parts(**buyer, listed=[first, *others], po_number=f"PO-4711 {buyer['buyer_city']}")


def _american() -> DocumentParts:
    return parts(
        taxes=[tax(124250, 0, category="O", percent_micros=0, reason="outside", name="", seller_number="")],
        **_buyer("US", "Relay Networks, Inc.", "548 Market Street", "San Francisco", "94104", "CA"),
        currency="USD", tax_minor=0, total_minor=124250, payable_minor=100000, credits_applied_minor=24250,
        listed=[line(1, "API requests", 124250, quantity=99_400_000, unit_price="0.0000125", category="O")],
    )  # fmt: skip


def _credit_note() -> DocumentParts:
    returned = [line(1, "Refund of INV-2026-000123", 124250, kind="returned")]
    said = {"kind": "credit_note", "state": "issued", "number": "CN-2026-000004", "source_type": "refund"}
    return parts(**said, due_on=None, reason="Refund", returns=head(), listed=returned)


def _receipt() -> DocumentParts:
    said = BOUGHT | {"kind": "receipt", "state": "issued", "number": "RCT-2026-000009", "paid_at": None}
    return parts(taxes=[], **said, listed=[line(1, "Credit: 1,478.58 EUR", 147858, kind="top_up")])


def _two_rates() -> DocumentParts:
    exempt = tax(24250, 0, category="AE", percent_micros=0, reason="reverse_charge", buyer_number="DE811907980")
    listed = [line(1, "Team plan", 100000), line(2, "Support", 24250, category="AE", percent_micros=0)]
    return parts(
        taxes=[tax(100000, 19000), exempt],
        **BOUGHT,
        listed=listed,
        tax_minor=19000,
        total_minor=143250,
        payable_minor=143250,
    )


def _many_lines() -> DocumentParts:
    listed = [
        line(place, f"API requests of project {place:03}", 100 * place, quantity=place, unit_price="1")
        for place in range(1, 201)
    ]
    return parts(listed=listed, po_number="PO-4711")


def _long_texts() -> DocumentParts:
    long = "Everything that was used, as it was agreed. " * 120  # two pages
    listed = [line(1, long, 50000), line(2, "W" * 400, 12500, quantity=10**14, unit_price="0.000000000001")]
    said = {"buyer_company": "Gesellschaft für Langes " * 8, "po_number": "PO" * 60}
    return parts(**said, listed=[*listed, line(3, "株式会社" * 200, 61750)])


DOCUMENTS: Mapping[str, Callable[[], DocumentParts]] = {
    **{name: lambda buyer=buyer: _named(buyer) for name, buyer in BUYERS.items()},
    "american": _american,
    "credit_note": _credit_note,
    "receipt": _receipt,
    "two_rates": _two_rates,
    "200_lines": _many_lines,
    "long_texts": _long_texts,
}
WITH_LOGO = {"receipt", "200_lines"}
TRANSLATED: Mapping[str, tuple[str, Callable[[], DocumentParts]]] = {
    "in_german": ("de", lambda: parts(po_number="PO-4711")),
    "in_hebrew": ("he", lambda: parts(**BUYERS["hebrew"], po_number="PO-4711")),
}
"""Documents in another language than English: one that is written as English is, and one from right to left."""


def printed(name: str, **said: Any) -> PrintedDocument:
    """Return one of the documents for paper; it says what is `said`."""
    shown = logo.of(_logo()) if name in WITH_LOGO else None
    spoken, made = TRANSLATED.get(name) or ("en", DOCUMENTS[name])
    with language.using(spoken):
        return replace(invoices.printed(made(), link=LINK, logo=shown), language=spoken, **said)


def _logo() -> str:
    drawn, made = Image.new("RGB", (300, 60), "navy"), io.BytesIO()
    drawn.paste("white", (20, 20, 280, 40))
    drawn.save(made, "PNG")
    return logos.DATA + base64.b64encode(logos.drawn(made.getvalue())).decode()


def drawn(renderer: Renderer, document: PrintedDocument) -> bytes:
    """Return its PDF."""
    with language.using(document.language):
        return renderer.render(printing.page_of(document), made_at=AT)


def texts(pdf: bytes) -> str:
    """Return what stands where: a line a text, with its left end and its baseline's height in points."""
    opened, found = pypdfium2.PdfDocument(pdf), list[str]()
    try:
        for number, page in enumerate(opened, 1):
            width, height = page.get_size()
            found.append(f"page {number}: {width:.0f} x {height:.0f}")
            text = page.get_textpage()
            for place in range(text.count_rects()):
                left, bottom, right, top = text.get_rect(place)
                words = text.get_text_bounded(left, bottom, right, top)
                found.append(f"{left:4.0f} {right:4.0f} {bottom:4.0f}  {' '.join(words.split())}")
        return "\n".join(found) + "\n"
    finally:
        opened.close()


def pictures(pdf: bytes) -> dict[str, Image.Image]:
    """Return the first page and the last one, small and grey."""
    opened = pypdfium2.PdfDocument(pdf)
    try:
        pages = {"first": 0} | ({"last": len(opened) - 1} if len(opened) > 1 else {})
        return {name: opened[place].render(scale=SCALE, grayscale=True).to_pil() for name, place in pages.items()}
    finally:
        opened.close()


def differs(one: Image.Image, other: Image.Image) -> str:
    """Say how two pictures of a page differ; nothing where they are the same to the eye."""
    if one.size != other.size:
        return f"{one.size} is not {other.size}"
    difference = ImageChops.difference(one, other)
    mean = ImageStat.Stat(difference).mean[0]
    _least, most = difference.resize((one.width // 10, one.height // 10), Image.Resampling.BOX).getextrema()
    return f"{mean:.2f} of 255 on the page, {most} in a square" if mean > MEAN or int(str(most)) > BLOCK else ""


def keep(app: Flask) -> None:
    """Draw all of them anew and keep what comes out."""
    FOLDER.mkdir(exist_ok=True)
    renderer = Renderer()
    with app.app_context():
        for name in sys.argv[1:] or [*DOCUMENTS, *TRANSLATED]:
            pdf = drawn(renderer, printed(name))
            (FOLDER / f"{name}.txt").write_text(texts(pdf))
            for which, picture in pictures(pdf).items():
                picture.quantize(16).save(FOLDER / f"{name}.{which}.png", optimize=True)
    renderer.close()


if __name__ == "__main__":
    bare = Flask("app", root_path=str(Path(printing.__file__).parent))
    bare.jinja_env.autoescape = True
    languages.init_app(bare)
    keep(bare)
