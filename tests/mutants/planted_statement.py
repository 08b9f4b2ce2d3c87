"""Bugs of the statement of account: what is changed, and which tests are red then."""

from tests.mutants.bug import Bug

HISTORIES = ("tests/services/invoices/test_statement.py::test_statement_ledger_and_files_agree_for_any_two_dates",)
PAGE = ("tests/pages/test_statement.py",)
RECEIPTS = ("tests/pages/test_invoices_receipts.py",)

BUGS = [
    Bug(
        "what happens at midnight stands on two statements",
        "app/services/invoices/entries.py",
        "    found = [each.wanted.where(each.at >= begins, each.at < ends) for each in _sources(customer_id, unit)]\n",
        "    found = [each.wanted.where(each.at >= begins, each.at <= ends) for each in _sources(customer_id, unit)]\n",
        HISTORIES,
    ),
    Bug(
        "a void document still asks for its amount",
        "app/services/invoices/entries.py",
        'constant("voided"), -sign * _left())',
        'constant("voided"), 0 * _left())',
        HISTORIES,
    ),
    Bug(
        "an entry of the same moment is left out at the end of a page",
        "app/services/invoices/entries.py",
        "        return tuple_(self.at, self.id) > (at, name)\n",
        "        return self.at > at\n",
        PAGE,
    ),
    Bug(
        "the credit account begins with the end of the first day",
        "app/services/invoices/statement.py",
        "            at(BalanceDay.day < span.first),\n",
        "            at(BalanceDay.day <= span.first),\n",
        HISTORIES,
    ),
    Bug(
        "the balance of a file begins at nothing",
        "app/services/invoices/statement.py",
        "        place, balance = None, totals.opening\n",
        "        place, balance = None, 0\n",
        HISTORIES,
    ),
    Bug(
        "receipts are listed without those of refunds",
        "app/presenters/invoices.py",
        '"receipt": ("receipt", "refund_receipt")}',
        '"receipt": ("receipt",)}',
        RECEIPTS,
    ),
    Bug(
        "a receipt says no payment date",
        "app/models/documents.py",
        '        return self.issued_at if self.kind == "receipt" else self.paid_at\n',
        "        return self.paid_at\n",
        RECEIPTS,
    ),
]
