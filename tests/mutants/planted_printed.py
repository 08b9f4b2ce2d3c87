"""Bugs of what stands on paper: what is changed, and which tests are red then."""

from tests.mutants.bug import Bug

PRINTED = ("tests/security/test_printed_canaries.py",)
ON_PAPER = ("tests/presenters/printed/test_invoices.py",)
COLUMNS = ("tests/presenters/printed/test_columns.py",)
PAGES = ("tests/presenters/printed/test_pages.py",)
TRANSFERS = ("tests/domain/test_bank_transfers_epc.py",)
PRO_FORMAS = ("tests/services/bank_transfers/test_pro_forma_files.py",)
MANDATES = ("tests/pages/test_invoice_papers.py",)
TABLES = ("tests/gateways/pdf/test_tables.py",)
LOGOS = ("tests/services/catalog/test_logos.py",)

BUGS = [
    Bug(
        "the seller's name is markup on paper",
        "app/templates/pdf/_blocks.html",
        '<span class="name">{{ party.name }}</span>',
        '<span class="name">{{ party.name|safe }}</span>',
        PRINTED,
    ),
    Bug(
        "a document that is drawn late says what came later",
        "app/presenters/printed/invoices.py",
        "    return e_invoices.settled_minor(document) == document.payable_minor\n",
        '    return document.state != "open" or not document.payable_minor\n',
        ON_PAPER,
    ),
    Bug(
        "a text that is taller than a page is one row, and shrunk",
        "app/presenters/printed/texts.py",
        "    while len(rest) > longest:\n",
        "    while len(rest) > 100 * longest:\n",
        COLUMNS,
    ),
    Bug(
        "figures stand at the left of their columns",
        "app/templates/pdf/_style.html",
        "  .end { text-align: {{ end }}; }\n",
        "  .end { text-align: {{ start }}; }\n",
        PAGES,
    ),
    Bug(
        "a long word runs over the figures beside it",
        "app/templates/pdf/_style.html",
        " overflow-wrap: break-word;",
        "",
        PAGES,
    ),
    Bug(
        "a page of lines has no head",
        "app/templates/pdf/_blocks.html",
        '<table class="lines" repeat="1">\n  <thead><tr>',
        '<table class="lines" repeat="0">\n  <tbody><tr>',
        PAGES,
    ),
    Bug(
        "a code cannot be read where the paper is dirty",
        "app/presenters/printed/codes.py",
        'error="m"',
        'error="l"',
        PAGES,
    ),
    Bug(
        "the code of a pro-forma leaves the tax out",
        "app/presenters/printed/pro_formas.py",
        "payment.by_transfer(account, to_send, order.reference",
        "payment.by_transfer(account, order.net or order.amount, order.reference",
        PRO_FORMAS,
    ),
    Bug(
        "a transfer names what it pays, and not the reference",
        "app/presenters/printed/pro_formas.py",
        "payment.by_transfer(account, to_send, order.reference",
        "payment.by_transfer(account, to_send, ordered",
        PRO_FORMAS,
    ),
    Bug(
        "a refund that is kept for the next order is a payment on the statement",
        "app/services/invoices/entries.py",
        "(CashMovement.kind == constant(MovementKind.REFUNDED.value), constant(KEPT)),",
        "(CashMovement.kind == constant(MovementKind.REFUNDED.value), Transfer.kind),",
        ("tests/services/invoices/test_statement_cash.py",),
    ),
    Bug(
        "a refund that no bank has is stamped as returned",
        "app/presenters/printed/invoices.py",
        "words.KEPT_STAMP if _is_unused(kind, back) else _STAMPS[kind]",
        "_STAMPS[kind]",
        PRINTED,
    ),
    Bug(
        "the documents of a correction keep for themselves where money goes back to",
        "app/presenters/printed/invoices.py",
        "    if back.difference is not None:\n",
        "    if kind is None and back.difference is not None:\n",
        PRINTED,
    ),
    Bug(
        "a pro-forma passes for an invoice",
        "app/presenters/printed/pro_formas.py",
        "        notes=(_(words.NO_INVOICE),),\n",
        "",
        PRO_FORMAS,
    ),
    Bug(
        "a mandate on paper says nothing of what was authorised",
        "app/presenters/printed/mandates.py",
        "        notes=tuple(part for each in _sentences(found.text.text) for part in texts.parts(each)),\n",
        "",
        MANDATES,
    ),
    Bug(
        "a mandate on paper does not say which account is debited",
        "app/presenters/printed/mandates.py",
        "        (words.ACCOUNT, found.account),\n",
        "",
        MANDATES,
    ),
    Bug(
        "a cell loses the style that is its own",
        "app/gateways/pdf/tables.py",
        "[*others, *whole, *_down(rows), *_down(_beside(cells))]",
        "[*others, *_down(_beside(cells)), *whole, *_down(rows)]",
        TABLES,
    ),
    Bug(
        "the styles of a long table are copied for each page",
        "app/gateways/pdf/tables.py",
        "        if at is not None and found[at][2][1] + 1 == top:\n",
        "        if at is not None and found[at][2][1] + 2 == top:\n",
        TABLES,
    ),
    Bug(
        "a document shows the logo of today",
        "app/services/catalog/versions.py",
        "CatalogVersion.catalog == name, CatalogVersion.applied_at <= moment)",
        "CatalogVersion.catalog == name)",
        LOGOS,
    ),
    Bug(
        "a logo is kept with all that was in its file",
        "app/services/catalog/logos.py",
        "        if kind not in _PARTS or",
        "        if",
        LOGOS,
    ),
    Bug(
        "a name carries control characters into a transfer",
        "app/domain/bank_transfers/epc.py",
        "each.isascii() and each.isprintable()",
        "each.isascii()",
        TRANSFERS,
    ),
    Bug(
        "a transfer goes to an account that is none",
        "app/domain/bank_transfers/epc.py",
        " % 97 == 1",
        " % 97 >= 0",
        TRANSFERS,
    ),
    Bug(
        "a name turns the text around it where a document is written from right to left",
        "app/presenters/printed/mirrored.py",
        "_TURNING.sub(REPLACED, value)",
        "value",
        ("tests/presenters/printed/test_languages.py",),
    ),
    Bug(
        "a line is in English on a document of another language",
        "app/domain/invoices/credit_notes.py",
        "    with of_documents(language):\n",
        "    with of_documents(ENGLISH):\n",
        ("tests/services/invoices/test_languages.py",),
    ),
    Bug(
        "a document with a logo cannot be drawn",
        "app/templates/pdf/document.html",
        "{{ blocks.head(printed, words) }}",
        "{{ blocks.head(printed) }}",
        ("tests/presenters/printed/test_pages.py",),
    ),
]
