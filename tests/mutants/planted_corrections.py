"""Planted bugs: what corrections of invoices must not do."""

from tests.mutants.bug import Bug

CORRECTIONS = ("tests/services/invoices/test_corrections.py",)
TAX = ("tests/services/invoices/test_corrections_tax.py",)
DUE = ("tests/services/receivables/test_corrections.py",)
PAID = ("tests/services/receivables/test_corrections_paid.py",)
MORE = ("tests/services/invoices/test_corrections_more_tax.py",)
KILLED = ("tests/services/invoices/test_corrections_killed.py",)
RECEIPTS = ("tests/services/receivables/test_receipts_corrected.py",)
PAGES = ("tests/pages/test_invoices_corrected.py",)
WHEN = ("tests/services/receivables/test_paid_when.py",)
RULE = ("tests/domain/invoices/test_corrections.py",)
TAKEN_OFF = ("tests/services/invoices/test_corrections_taken_off.py",)
PREVIEW = "app/services/invoices/correction_preview.py"
BUGS = [
    Bug(
        "tax that went off a change of plan comes back by a correction, too",
        PREVIEW,
        "        if stays is not None:\n",
        "        if False:\n",
        TAKEN_OFF,
    ),
    Bug(
        "the invoice of a change that takes time off is corrected to another tax",
        "app/services/reversals/taken_off.py",
        "    if any(line.net_minor < 0 for line in lines):\n",
        "    if False:\n",
        TAKEN_OFF,
    ),
    Bug(
        "tax is corrected while a change that takes the time off waits for its bank",
        "app/services/reversals/taken_off.py",
        '            PlanChange.state.in_(["waiting", "applied"]),\n',
        '            PlanChange.state == "applied",\n',
        TAKEN_OFF,
    ),
    Bug(
        "a mark that was used takes other values and says nothing",
        "app/services/invoices/corrections.py",
        "            elif not _is_same(session, document, made, wanted):\n",
        "            elif False:\n",
        CORRECTIONS,
    ),
    Bug(
        "what is due says how it was paid",
        "app/models/documents.py",
        '        return "" if self.state == "open" else self.paid_with\n',
        "        return self.paid_with\n",
        PAGES,
    ),
    Bug(
        "a refund of a correction that failed is said to have arrived",
        "app/services/receivables/differences.py",
        "        return self.state not in OPEN_REFUNDS | BOOKED_REFUNDS\n",
        "        return False\n",
        PAGES,
    ),
    Bug(
        "a corrected invoice is said to be paid when and as the wrong one was",
        "app/services/invoices/corrections.py",
        "        each.paid_at, each.paid_with = payers.settled(each)\n",
        "        each.paid_at = each.paid_at or now\n",
        WHEN,
    ),
    Bug(
        "what nobody has paid has a day of payment",
        "app/services/receivables/ending.py",
        '"", now, {document.id})',
        '"Credit note", now)',
        WHEN,
    ),
    Bug(
        "an invoice offers the receipt of what was sent back",
        "app/services/receivables/receipts.py",
        "        if state and payment.id in pays:\n",
        "        if state:\n",
        WHEN,
    ),
    Bug(
        "the mail about an invoice that was corrected since says that it is paid",
        "app/services/mail/billing_text.py",
        "    if row.is_corrected:\n",
        "    if row.is_corrected and not row.credited_minor and not row.paid_minor:\n",
        ("tests/services/mail/test_invoice_meanwhile.py",),
    ),
    Bug(
        "the difference of a corrected purchase has no receipt",
        "app/services/receivables/receipts.py",
        "    return document.kind == Kind.INVOICE and (not document.payment_id or document.taken_over_minor > 0)\n",
        "    return document.kind == Kind.INVOICE and not document.payment_id\n",
        RECEIPTS,
    ),
    Bug(
        "a receipt says that it has paid what was taken over",
        "app/services/invoices/payers.py",
        "    unpaid = {each.id: carrying.by_money(each) for each in invoices}\n",
        "    unpaid = {each.id: each.paid_minor for each in invoices}\n",
        RECEIPTS,
    ),
    Bug(
        "a corrected invoice of a period loses its unit prices",
        PREVIEW,
        "            Decimal(row.unit_price) if row.unit_price else None,\n",
        "            None,\n",
        DUE,
    ),
    Bug(
        "an invoice in the place of one that was overdue is issued overdue",
        "app/domain/invoices/corrections.py",
        "    return soonest if was is None else max(was, soonest)\n",
        "    return was or soonest\n",
        RULE,
    ),
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
        "                if seen.mark != mark or returns_to not in {None, *locked}:\n",
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
        "what was paid is asked for again with the difference",
        "app/services/invoices/numbering.py",
        "taken_over if state is State.OPEN else 0",
        "0",
        MORE,
    ),
    Bug(
        "a payment that was taken over counts for the invoice in its place too",
        "app/services/invoices/credit_notes.py",
        "    paid = sum(carrying.by_money(each) for each in invoices)\n",
        "    paid = sum(each.paid_minor for each in invoices)\n",
        PAID,
    ),
    Bug(
        "what goes back of a paid invoice that was corrected is returned of the wrong one",
        "app/services/invoices/credit_notes.py",
        "        stands = carrying.standing(books.session, each)\n",
        "        stands = each\n",
        PAID,
    ),
    Bug(
        "a difference goes back to the oldest payment, which has not paid it",
        "app/services/invoices/carrying.py",
        "        .order_by(Payment.created_at.desc(), Payment.id.desc())\n",
        "        .order_by(Payment.created_at, Payment.id)\n",
        MORE,
    ),
    Bug(
        "an invoice is final in the place of another before that one's credit note",
        "app/services/invoices/corrections.py",
        "    numbering.finalize(session, note, State.ISSUED, at)\n",
        "    session.commit()\n    numbering.finalize(session, note, State.ISSUED, at)\n",
        KILLED,
    ),
    Bug(
        "what was paid is taken over whole, although less is to be paid",
        "app/domain/invoices/corrections.py",
        "    taken_over = min(paid, payable)\n",
        "    taken_over = paid\n",
        RULE,
    ),
    Bug(
        "overage that was paid uses the protection again where more tax is due",
        "app/services/invoices/corrections.py",
        "        overage_micros=document.overage_micros if was_due else 0,\n",
        "        overage_micros=document.overage_micros,\n",
        PAID,
    ),
    Bug(
        "what is carried over stays with the invoice that was wrong",
        "app/services/invoices/corrections.py",
        "        if each.state != State.PAID:\n",
        "        if False:\n",
        DUE,
    ),
    Bug(
        "credit that has paid an invoice that is due is not counted on the one in its place",
        PREVIEW,
        "    sums = of_parts(sums.taxed, [applied])\n",
        "    sums = of_parts(sums.taxed)\n",
        DUE,
    ),
    Bug(
        "overage on an invoice that was corrected uses the protection no more",
        "app/services/invoices/corrections.py",
        "        overage_micros=document.overage_micros if was_due else 0,\n",
        "        overage_micros=0,\n",
        DUE,
    ),
    Bug(
        "an invoice is corrected while it is being paid",
        "app/domain/invoices/corrections.py",
        "    if facts.is_being_paid:\n",
        "    if False:\n",
        (*RULE, *DUE),
    ),
    Bug(
        "a disputed invoice is corrected",
        "app/domain/invoices/corrections.py",
        "    if facts.disputed:\n",
        "    if False:\n",
        RULE,
    ),
    Bug(
        "tax that goes back takes credit with it",
        "app/services/reversals/refund_booking.py",
        "    if refund_row.of_correction:\n",
        "    if False:\n",
        TAX,
    ),
    Bug(
        "a difference that did not arrive may be refunded as a part of the payment",
        "app/services/reversals/clawbacks.py",
        " + payment.disputed_minor + payment.corrected_minor + payment.as_credit_minor\n",
        " + payment.disputed_minor + payment.as_credit_minor\n",
        TAX,
    ),
    Bug(
        "a lost answer to a correction's refund is asked for by nobody",
        "app/services/reversals/refunds.py",
        "        state=RefundState.CREATED.value,\n        reason=reason,\n",
        "        state=(RefundState.SUCCEEDED if of_correction else RefundState.CREATED).value,\n        reason=reason,\n",
        TAX,
    ),
    Bug(
        "credit is bought although its invoice lacks the order number that it needs",
        "app/services/payments/top_ups.py",
        "refusal = po_refusal(session, customer, catalog)",
        "refusal = None",
        ("tests/services/payments/test_po_numbers.py",),
    ),
    Bug(
        "a key buys for who is away without the order number that the seller needs",
        "app/services/payments/top_ups.py",
        "        refusal = po_refusal(session, customer, catalog)\n",
        "        refusal = None if order.off_session else po_refusal(session, customer, catalog)\n",
        ("tests/services/payments/test_po_numbers.py",),
    ),
]
