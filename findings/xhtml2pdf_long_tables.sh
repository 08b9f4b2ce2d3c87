#!/bin/sh
# xhtml2pdf 0.2.28 with reportlab 5.1.0: a table of twice the rows takes three and a half times the work, once it is long.
#
# Surprising. Both libraries are quick for a page, and rows are drawn one by one. But xhtml2pdf styles each cell by itself, with five
# or more commands a cell, and reportlab splits a table by making a new one of all rows that are left, at each page, for which it
# copies every command that is left: pages times rows. Nothing says so, and a short document does not show it.
# Whom it hurts: whoever prints statements, usage or invoices of a thousand lines and more.
# What to do instead (shown): before reportlab gets the commands, join those of neighbouring cells that are alike. A table of 4,000
# alike rows has some twenty commands then instead of 100,000, looks the same, and its work grows with its rows.
#
# Run `sh findings/xhtml2pdf_long_tables.sh`: 0 if it is still so, 1 if it changed. It counts commands, so that a busy machine
# changes nothing.
set -eu
folder=$(mktemp -d)
trap 'cd / && rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check "xhtml2pdf==0.2.28" "reportlab==5.1.0"
venv/bin/python - <<'PYTHON'
import io, logging, sys
from importlib.metadata import version

from reportlab.platypus.tables import Table, TableStyle
from xhtml2pdf import tables
from xhtml2pdf.document import pisaDocument

logging.disable()
added = 0
add = Table._addCommand


def counted(self, command):
    global added
    added += 1
    return add(self, command)


def joined(commands):
    """Return the commands with those of cells below each other joined that are alike."""
    found, last = [], {}
    for name, start, end, *how in commands:
        key = (name, start[0], end[0], *map(repr, how))
        at = last.get(key)
        if at is not None and start[1] >= 0 and found[at][2][1] + 1 == start[1]:
            found[at] = (name, found[at][1], end, *how)
        else:
            last[key] = len(found)
            found.append((name, start, end, *how))
    return TableStyle(found)


def work(rows):
    """Return how many commands are added to draw a table of so many rows, and on how many pages it is."""
    global added
    added = 0
    row = "<tr>" + "<td>1</td>" * 4 + "</tr>"
    style = "<style>td { padding: 1mm; border-bottom: 1px solid #cccccc }</style>"
    made = pisaDocument(f"{style}<table>{row * rows}</table>", io.BytesIO())
    assert not made.err
    return added


Table._addCommand = counted
print("xhtml2pdf", version("xhtml2pdf"), "with reportlab", version("reportlab"))
seen = {}
for how, style in (("as they come", TableStyle), ("joined", joined)):
    tables.TableStyle = style
    seen[how] = [work(rows) for rows in (2000, 4000)]
    first, second = seen[how]
    print(f"commands {how}: {first:,} for 2,000 rows, {second:,} for 4,000: {second / first:.1f} times")
first, second = seen["as they come"]
one, other = seen["joined"]
sys.exit(not (second > 3.3 * first and other < 2.5 * one and other * 100 < second))
PYTHON
