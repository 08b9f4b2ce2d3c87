"""Planted bugs: what corrections of invoices must not do."""

from tests.mutants.bug import Bug

CORRECTIONS = ("tests/services/invoices/test_corrections.py",)
RULE = ("tests/domain/invoices/test_corrections.py",)
PREVIEW = "app/services/invoices/correction_preview.py"
BUGS = [
    Bug(
        "a refund of a corrected invoice is returned of the wrong one",
        "app/services/invoices/credit_notes.py",
        "            Document.is_corrected.is_(False),\n",
        "            Document.source_type == 'payment',\n",
        CORRECTIONS,
    ),
    Bug(
        "a preview that is gone by is confirmed",
        "app/services/invoices/corrections.py",
        "                if seen.mark != mark:\n",
        "                if False:\n",
        CORRECTIONS,
    ),
    Bug(
        "a second press corrects once more",
        "app/services/invoices/corrections.py",
        "            made = _made(session, document)\n",
        "            made = None\n",
        CORRECTIONS,
    ),
    Bug(
        "a chain of corrections begins its days anew",
        PREVIEW,
        "    return day or _issued(document)\n",
        "    return _issued(document)\n",
        CORRECTIONS,
    ),
    Bug(
        "an invoice is corrected whose tax would rise",
        PREVIEW,
        "    if difference < 0:\n",
        "    if False:\n",
        CORRECTIONS,
    ),
    Bug(
        "a disputed invoice is corrected",
        "app/domain/invoices/corrections.py",
        "    if facts.disputed:\n",
        "    if False:\n",
        RULE,
    ),
]
