"""Bugs of e-invoices: what is changed, and which tests are red then."""

from tests.mutants.bug import Bug

FILES = "app/services/invoices/e_invoices.py"
SAID = ("tests/services/invoices/test_e_invoices.py",)

BUGS = [
    Bug(
        "what is paid later changes an e-invoice",
        FILES,
        "    return document.payable_minor if document.source_type in SETTLED_BY else document.taken_over_minor\n",
        "    return document.paid_minor\n",
        SAID,
    ),
    Bug(
        "an e-invoice forgets what credit paid",
        FILES,
        "document.credits_applied_minor + settled_minor(document))",
        "settled_minor(document))",
        SAID,
    ),
    Bug(
        "a quantity in steps is multiplied by a price of one",
        FILES,
        "price, per = abs(net.major), quantity  #",
        "price, per = abs(net.major), 1  #",
        SAID,
    ),
    Bug(
        "numbers reach the XML with an exponent",
        "app/gateways/e_invoice/xml.py",
        """    written = format(number, "f")\n""",
        """    written = str(number)\n""",
        SAID,
    ),
]
