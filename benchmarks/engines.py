"""One invoice of 20 lines by four engines: ours, WeasyPrint on the same HTML, reportlab and fpdf2 laid out by code.

WeasyPrint is measured where `make proof` has installed it, fpdf2 where it can be imported: neither is needed to run us.
The two by code draw the same texts in the same fonts into a table, and none of the rest of the page.
"""

import io
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.platypus import LongTable, SimpleDocTemplate

from app.gateways.pdf import fonts
from app.gateways.pdf.renderer import ENGINES, Renderer, program
from benchmarks.timing import Ratio, interleaved, milliseconds
from tests.support.typed_documents import AT

PACKAGES = Path(__file__).parents[1] / ".venv" / "weasyprint"
NONE, LINES = "none", 20
ROWS = [(f"Line {number}: usage of requests", "1", "12.50", "25 %", "12.50") for number in range(LINES)]


def measure(ours: Renderer, html: str) -> list[Ratio]:
    """Measure ours beside each of the others that is there."""
    tasks: dict[str, Callable[[], object]] = {
        "ours": lambda: ours.render(html, made_at=AT),
        "reportlab by code": _reportlab,
    }
    weasyprint = Renderer(program(ENGINES["weasyprint"], str(PACKAGES))) if PACKAGES.is_dir() else None
    if weasyprint is not None:
        tasks["WeasyPrint"] = lambda: weasyprint.render(html, made_at=AT)
    if find_spec("fpdf") is not None:
        tasks["fpdf2 by code"] = _fpdf2
    try:
        took = interleaved(tasks, times=1)
    finally:
        if weasyprint is not None:
            weasyprint.close()
    mine = took.pop("ours")
    return [
        Ratio(
            f"a PDF of {LINES} lines to {name}",
            NONE,
            mine / each,
            None,
            f"{milliseconds(mine)} to {milliseconds(each)}",
        )
        for name, each in took.items()
    ]


def _reportlab() -> bytes:
    made = io.BytesIO()
    table = LongTable([("Description", "Qty", "Unit price", "Tax", "Amount"), *ROWS], repeatRows=1)
    table.setStyle([("FONT", (0, 0), (-1, -1), "NotoSans-Regular", 9)])
    SimpleDocTemplate(made, pagesize=A4).build([table])
    return made.getvalue()


def _fpdf2() -> bytes:
    from fpdf import FPDF  # type: ignore[import-not-found]  # measured where it is

    made = FPDF()
    made.add_page()
    made.add_font("Noto Sans", fname=str(fonts.FOLDER / "NotoSans-Regular.ttf"))
    made.add_font("Noto Sans", style="B", fname=str(fonts.FOLDER / "NotoSans-Bold.ttf"))
    made.set_font("Noto Sans", size=9)
    with made.table() as table:
        for cells in (("Description", "Qty", "Unit price", "Tax", "Amount"), *ROWS):
            row = table.row()
            for cell in cells:
                row.cell(cell)
    return bytes(made.output())
