"""Bugs of documents: what is changed, and which tests are red then."""

from tests.mutants.bug import Bug

TOTALS = ("tests/domain/invoices/test_totals.py",)
NOTES = ("tests/domain/invoices/test_credit_notes.py",)
DOCUMENTS = ("tests/services/invoices/test_documents.py",)
RETURNS = ("tests/services/invoices/test_returns.py",)
SERIES = ("tests/services/invoices/test_series.py",)
AT_ONCE = ("tests/services/invoices/test_numbers_at_once.py",)

BUGS = [
    Bug(
        "tax is rounded for each line",
        "app/domain/invoices/totals.py",
        "    return _sums(tuple(Taxed(rate, nets[rate], tax_on(nets[rate], rate.percent)) for rate in sorted(nets)), credit)",
        "    zero = Money(0, currency)\n"
        "    taxes = {r: sum((tax_on(e.net, r.percent) for e in lines if e.rate == r), zero) for r in nets}\n"
        "    return _sums(tuple(Taxed(rate, nets[rate], taxes[rate]) for rate in sorted(nets)), credit)",
        TOTALS,
    ),
    Bug(
        "credit pays more than the total",
        "app/domain/invoices/totals.py",
        "applied = min(total, sum(offered, zero))",
        "applied = sum(offered, zero)",
        TOTALS,
    ),
    Bug(
        "a credit note is above its invoice",
        "app/domain/invoices/credit_notes.py",
        "    if amount > whole:\n",
        "    if amount > whole + whole:\n",
        NOTES,
    ),
    Bug(
        "a number is counted by documents and not taken from its row",
        "app/services/invoices/numbering.py",
        '    place = waiting.write_with(session, "numbers", key)\n',
        "    place = session.query(Document).filter(Document.number.is_not(None)).count() + 1\n",
        AT_ONCE,
    ),
    Bug(
        "where the clock went back a document is older than the one before it",
        "app/models/unit_of_work/changes.py",
        "    return case((issued > row.now, issued), else_=row.now)\n",
        "    return case((issued < row.now, row.now), else_=row.now)\n",
        SERIES,
    ),
    Bug(
        "a credit note is older than its invoice",
        "app/services/invoices/credit_notes.py",
        "State.ISSUED, max(now, document.issued_at or now))",
        "State.ISSUED, now)",
        SERIES,
    ),
    Bug(
        "a lost dispute gets no credit note",
        "app/services/reversals/disputes.py",
        '        documentation.writer().returned(books, payment, ("dispute", dispute.id, "Lost dispute"), amount, now)\n',
        "",
        RETURNS,
    ),
    Bug(
        "a dispute that is won after all leaves its credit note",
        "app/services/reversals/disputes.py",
        '        documentation.writer().came_back(books, ("dispute", dispute.id), now)\n',
        "",
        RETURNS,
    ),
    Bug(
        "a credit note that is void still counts when tax is returned",
        "app/services/invoices/credit_notes.py",
        "            Document.returns_id == document.id,\n            Document.state == State.ISSUED.value,\n",
        "            Document.returns_id == document.id,\n            Document.number.is_not(None),\n",
        RETURNS,
    ),
    Bug(
        "each credit note is taxed by itself and not with those before it",
        "app/services/invoices/credit_notes.py",
        "rule.returned(invoiced, notes, part)",
        "rule.returned(invoiced, [], part)",
        RETURNS,
    ),
    Bug(
        "what small credit notes lose of the tax is put on the last",
        "app/domain/invoices/credit_notes.py",
        "    wanted = divided(tax * (gone + share), gross) - gone_tax\n",
        "    wanted = divided(rest.tax.amount_minor * share, rest.gross.amount_minor)\n",
        NOTES,
    ),
    Bug(
        "invoices may have the series of receipts",
        "app/services/catalog/versions.py",
        " + numbers.problems(catalog)\n",
        "\n",
        ("tests/services/catalog/test_tax_of_catalogs.py",),
    ),
    Bug(
        "a refund that bounced leaves its credit note",
        "app/services/reversals/refund_booking.py",
        '            documentation.writer().came_back(books, ("refund", refund_row.id), now)\n',
        "",
        DOCUMENTS,
    ),
    Bug(
        "a refund gets no credit note",
        "app/services/reversals/refund_booking.py",
        "    documentation.writer().returned(books, payment, fact, Money(minor, refund_row.currency), now)\n",
        "",
        DOCUMENTS,
    ),
    Bug(
        "a sale whose tax was not charged gets an invoice",
        "app/services/invoices/finalization.py",
        " and treatment.category is not Category.STANDARD\n",
        "\n",
        DOCUMENTS,
    ),
    Bug(
        "a document names its customer as it is called today",
        "app/services/invoices/reads.py",
        '        raise NotFound("invoice")\n',
        '        raise NotFound("invoice")\n'
        "    from app.models.customers import Customer\n"
        "    document.buyer_company = db.session.get_one(Customer, document.customer_id).name\n",
        ("tests/pages/test_invoices.py",),
    ),
]
