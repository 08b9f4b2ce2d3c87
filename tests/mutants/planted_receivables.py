"""Planted bugs of invoices that are due: closed, carried over, paid, voided."""

from tests.mutants.bug import Bug

ROOM = "tests/services/receivables"
CLOSING, PAYING, ENDING = f"{ROOM}/test_closing.py", f"{ROOM}/test_paying.py", f"{ROOM}/test_ending.py"
CARRIED = f"{ROOM}/test_carried.py"

BUGS = [
    Bug(
        "an invoice whose day is over is called due",
        "app/presenters/invoices.py",
        '    return "Overdue" if due.is_overdue else "Due"\n',
        '    return "Due"\n',
        ("tests/pages/test_invoice_payment.py::test_what_is_due_is_listed_counted_and_paid",),
    ),
    Bug(
        "the number of a certificate is called a tax id",
        "app/presenters/invoices.py",
        "    is_certificate = tax.reason == Reason.EXEMPT_CERTIFICATE\n",
        "    is_certificate = False\n",
        ("tests/presenters/test_invoices.py::test_a_certificate_is_no_tax_id",),
    ),
    Bug(
        "who pays an open invoice is sent the invoice once more and no receipt",
        "app/services/receivables/settling.py",
        "    billing_mails.write(books.session, books.customer_id, RECEIPT, ",
        '    billing_mails.write(books.session, books.customer_id, "invoice", ',
        (f"{ROOM}/test_mails.py::test_a_payment_of_an_invoice_gets_its_receipt_and_a_credit_note_its_mail",),
    ),
    Bug(
        "credit notes of refunds and disputes are not mailed",
        "app/services/invoices/credit_notes.py",
        "    billing_mails.write(books.session, books.customer_id, mail, ",
        "    _nothing = payment_id or billing_mails.write(books.session, books.customer_id, mail, ",
        ("tests/services/invoices/test_returns_mailed.py",),
    ),
    Bug(
        "overage is billed twice: the ledger does not bring the balance back to zero",
        "app/services/receivables/closing.py",
        "    if micros:\n        words = ",
        "    if micros < 0:\n        words = ",
        (f"{CLOSING}::test_overage_is_invoiced_with_its_tax_and_the_balance_is_zero_again",),
    ),
    Bug(
        "what was credited of an open invoice goes on using the overage protection",
        "app/domain/invoices/period_sums.py",
        "    return -(-overage_micros * due_minor // payable_minor) if payable_minor else 0\n",
        "    return overage_micros if due_minor and payable_minor else 0\n",
        (f"{ROOM}/test_unpaid_overage.py",),
    ),
    Bug(
        "a line says units at a price that do not come to its amount",
        "app/domain/invoices/metered.py",
        "product(units, each, 1, net.currency) == net\n",
        "units > 0\n",
        ("tests/domain/invoices/test_metered.py",),
    ),
    Bug(
        "unpaid overage is not counted in what is available",
        "app/services/ledger/unpaid_overage.py",
        "    customer.invoiced_overage_micros = min(unpaid, agreed_micros)\n",
        "    customer.invoiced_overage_micros = 0\n",
        (f"{CLOSING}::test_overage_is_invoiced_with_its_tax_and_the_balance_is_zero_again",),
    ),
    Bug(
        "a period closed again gets a second invoice",
        "app/services/receivables/closing.py",
        "    return there if there is not None else _invoice(books, row, by, now)\n",
        "    return _invoice(books, row, by, now)\n",
        (f"{CLOSING}::test_a_period_has_one_invoice_however_often_it_is_closed",),
    ),
    Bug(
        "credit given away is no discount",
        "app/services/receivables/closing.py",
        "            given += each.given if part else 0\n",
        "            given += 0\n",
        (f"{CLOSING}::test_at_use_all_of_it_is_taxed_and_gifts_are_a_discount",),
    ),
    Bug(
        "what is too small for a charge is collected twice",
        "app/services/invoices/carrying.py",
        "            Document.state == State.OPEN.value,\n            Document.carried_to_id.is_(None),\n",
        "            Document.state == State.OPEN.value,\n",
        (f"{CLOSING}::test_what_is_too_small_is_carried_over_exactly_once",),
    ),
    Bug(
        "what was carried over is not paid with the invoice that collects it",
        "app/services/receivables/settling.py",
        "    for each in carrying.paid_by(books.session, document):\n",
        "    for each in [document]:\n",
        (f"{PAYING}::test_what_was_carried_over_is_paid_with_the_next_one_and_both_are_paid",),
    ),
    Bug(
        "another amount than was seen is charged",
        "app/services/receivables/paying.py",
        "    if due != order.amount:\n",
        "    if due < order.amount:\n",
        (f"{PAYING}::test_another_amount_than_was_seen_is_refused_and_nothing_is_charged",),
    ),
    Bug(
        "a second payment is taken while one is under way",
        "app/services/receivables/ending.py",
        "    if books.session.scalar(under_way.limit(1)) is not None:\n",
        "    if books.session.scalar(under_way.limit(1)) == '':\n",
        (f"{ENDING}::test_what_is_paid_or_being_paid_is_not_voided",),
    ),
    Bug(
        "a void invoice keeps what was used below zero",
        "app/services/receivables/ending.py",
        "        _return_overage(books, document, now)\n",
        "",
        (f"{ENDING}::test_a_void_invoice_takes_its_usage_back_keeps_its_number_and_the_period_is_closed_anew",),
    ),
    Bug(
        "a payment pays a small invoice that the seller has given up, which was not asked for",
        "app/services/invoices/carrying.py",
        "collected_with(session, document) if each.state == State.OPEN), document]",
        "collected_with(session, document) if each.state in {'open', 'uncollectible'}), document]",
        (f"{CARRIED}::test_a_small_one_that_was_given_up_is_neither_asked_for_nor_paid",),
    ),
    Bug(
        "money that was more than was due goes back with a credit note of an invoice that was paid rightly",
        "app/services/invoices/credit_notes.py",
        "    left, made = part.amount_minor - min(part.amount_minor, too_much), list[Document]()\n",
        "    left, made = part.amount_minor - min(part.amount_minor, too_much * 0), list[Document]()\n",
        (f"{CARRIED}::test_what_was_more_than_was_due_goes_back_first_and_without_a_document",),
    ),
    Bug(
        "a small invoice is credited while the payment of the one that collects it is under way",
        "app/services/receivables/ending.py",
        "        Payment.document_id.in_(carrying.collectors(books.session, document)),\n",
        "        Payment.document_id == document.id,\n",
        (f"{CARRIED}::test_a_small_one_is_left_alone_while_the_payment_of_the_later_one_is_under_way",),
    ),
    Bug(
        "a small invoice stays with one that the seller has given up, and nobody collects it",
        "app/services/receivables/ending.py",
        "            document.state = State.UNCOLLECTIBLE.value\n            _release(books, document)\n",
        "            document.state = State.UNCOLLECTIBLE.value\n",
        (f"{CARRIED}::test_a_small_one_is_collected_with_the_next_when_the_later_one_is_given_up",),
    ),
    Bug(
        "the protection that an invoice used does not come back when it is paid",
        "app/services/receivables/settling.py",
        "    unpaid_overage.changed(books, now)\n    superseding.end_others(books)\n",
        "    superseding.end_others(books)\n",
        (f"{PAYING}::test_paying_it_marks_it_paid_in_the_settling_transaction",),
    ),
    Bug(
        "an invoice on which a bank works is offered to be paid once more",
        "app/blueprints/invoice_payment.py",
        " or paying.under_way(document)\n",
        "\n",
        ("tests/pages/test_invoice_debit.py::test_it_arrives",),
    ),
    Bug(
        "a transfer is asked for an invoice on which a bank works",
        "app/services/receivables/transferring.py",
        " or paying.under_way(document)\n",
        "\n",
        ("tests/pages/test_invoice_debit.py::test_it_arrives",),
    ),
]
