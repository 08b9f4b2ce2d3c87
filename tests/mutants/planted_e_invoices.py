"""Bugs of e-invoices: what is changed, and which tests are red then."""

from tests.mutants.bug import Bug

FILES = "app/services/invoices/e_invoices.py"
SAID = ("tests/services/invoices/test_e_invoices.py",)

BUGS = [
    Bug(
        "an e-invoice does not name the invoice in whose place it is",
        FILES,
        "    preceding = parts.returns or parts.replaces\n",
        "    preceding = parts.returns\n",
        ("tests/gateways/test_e_invoice.py",),
    ),
    Bug(
        "the day of the sale of a corrected e-invoice is that of the correction",
        FILES,
        "        sold_on=parts.sold_on,\n",
        "",
        ("tests/gateways/test_e_invoice.py",),
    ),
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
