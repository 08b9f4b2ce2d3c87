"""Bugs of files and of the process that draws them: what is changed, and which tests are red then."""

from tests.mutants.bug import Bug

DRAWING = ("tests/gateways/pdf/test_drawing.py",)
PROCESS = ("tests/gateways/pdf/test_process.py",)
MAILS = ("tests/services/mail/test_attachments.py",)
FILES = ("tests/services/invoices/test_files.py",)
RECEIPTS = ("tests/services/receivables/test_receipts.py",)

BUGS = [
    Bug(
        "a document is kept although a font was missing",
        "app/gateways/pdf/drawing.py",
        "        if context.err or context.warn:\n",
        "        if context.err:\n",
        DRAWING,
    ),
    Bug(
        "a document may show any picture",
        "app/gateways/pdf/drawing.py",
        "    if str(uri).startswith(PICTURE):\n",
        '    if str(uri).startswith(("data:", "http:")):\n',
        DRAWING,
    ),
    Bug(
        "a document above 100 kB goes by a file",
        "app/gateways/pdf/drawing.py",
        "            capacity=-1,",
        "            capacity=100 * 1024,",
        DRAWING,
    ),
    Bug(
        "the file says when it was drawn",
        "app/gateways/pdf/drawing.py",
        '        os.environ["SOURCE_DATE_EPOCH"] = str(int(made_at.astimezone(UTC).timestamp()))\n',
        "",
        DRAWING,
    ),
    Bug(
        "a character that no font has fails the document",
        "app/gateways/pdf/fonts.py",
        "    missing = set(html).difference(drawn)\n",
        "    missing = set[str]()\n",
        DRAWING,
    ),
    Bug(
        "what is below zero loses its sign on paper",
        "app/gateways/pdf/fonts.py",
        "_DRAWN_AS.get(each, MISSING)",
        "MISSING",
        DRAWING,
    ),
    Bug(
        "lines of other scripts stand apart on paper",
        "app/gateways/pdf/fonts.py",
        "            font.face.ascent, font.face.descent = extent",
        "            _unused = extent",
        DRAWING,
    ),
    Bug(
        "the process may read any file",
        "app/gateways/pdf/process.py",
        "    return os.path.realpath(os.fsdecode(path)).startswith(_READABLE)",
        "    return bool(path)",
        PROCESS,
    ),
    Bug(
        "what a library hides was not refused",
        "app/gateways/pdf/process.py",
        "            refused.append(event)\n",
        "",
        PROCESS,
    ),
    Bug(
        "the process takes what memory it likes",
        "app/gateways/pdf/process.py",
        "    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))\n",
        "    resource.setrlimit(resource.RLIMIT_AS, (64 * MEMORY, 64 * MEMORY))\n",
        PROCESS,
    ),
    Bug(
        "a process that died over a document stays",
        "app/gateways/pdf/renderer.py",
        "        except (OSError, ValueError) as problem:\n            self._end()\n",
        "        except (OSError, ValueError) as problem:\n",
        PROCESS,
    ),
    Bug(
        "the process has the settings of the worker",
        "app/gateways/pdf/renderer.py",
        '                env={"PATH"',
        '                env=os.environ | {"PATH"',
        PROCESS,
    ),
    Bug(
        "whoever comes too late says how it went",
        "app/services/papers/claims.py",
        "                table.tries == claim.tries,\n",
        "",
        FILES,
    ),
    Bug(
        "a file that fails is tried for ever",
        "app/services/papers/claims.py",
        "    if claim.tries >= MAX_TRIES:\n",
        "    if claim.tries > 10 * MAX_TRIES:\n",
        FILES,
    ),
    Bug(
        "a file that kills its worker is tried for ever",
        "app/services/papers/claims.py",
        "        if row.tries >= MAX_TRIES:  #",
        "        if row.tries > 10 * MAX_TRIES:  #",
        FILES,
    ),
    Bug(
        "the oldest file is made first",
        "app/services/papers/claims.py",
        "due.order_by(table.next_try_at.desc(), table.id.desc())",
        "due.order_by(table.next_try_at, table.id)",
        FILES,
    ),
    Bug(
        "a damaged file is sent",
        "app/services/papers/stored.py",
        "    ensure(hashlib.sha256(content).hexdigest() == sha256,",
        "    ensure(sha256,",
        FILES,
    ),
    Bug(
        "a year is sent while some of its files are being made",
        "app/services/receivables/year_archive.py",
        "    if found.pending:\n        raise NotAllMade",
        "    if found.pending > 1_000:\n        raise NotAllMade",
        ("tests/pages/test_invoice_years.py",),
    ),
    Bug(
        "a statement of days that are not over is made once",
        "app/domain/invoices/statement.py",
        "    return days if span.ends <= now else f",
        "    return days if span.begins <= now else f",
        ("tests/pages/test_invoice_papers.py",),
    ),
    Bug(
        "the mail about a payment carries the invoice that asks for it",
        "app/services/mail/attachments.py",
        "        receipt = _receipt(mail, context, document)\n",
        "        receipt: ReceiptFile | None = None\n",
        RECEIPTS,
    ),
    Bug(
        "each payment of an invoice has paid all of it",
        "app/services/receivables/payers.py",
        "            unpaid[each.id] -= part\n",
        "",
        RECEIPTS,
    ),
    Bug(
        "what pays an open invoice gets no receipt",
        "app/services/receivables/settling.py",
        "    papers.ask(books.session, books.customer_id, papers.RECEIPT, payment.id)\n",
        "",
        RECEIPTS,
    ),
    Bug(
        "a receipt goes before its file is made",
        "app/services/mail/attachments.py",
        "    if state != files.PENDING or waited > LONGEST:\n",
        "    if state:\n",
        MAILS,
    ),
    Bug(
        "a receipt waits for ever for a file that does not come",
        "app/services/mail/attachments.py",
        "    if state != files.PENDING or waited > LONGEST:\n",
        "    if not state:\n",
        MAILS,
    ),
    Bug(
        "to wait for a file is a try",
        "app/services/mail/sending.py",
        '"tries": mail.tries - 1, ',
        "",
        MAILS,
    ),
]
