"""Bugs in bank transfers."""

from tests.mutants.bug import Bug

_TESTS = "tests/services/bank_transfers/test_arrivals.py"
_ALLOCATION = "app/services/bank_transfers/allocation.py"
_CASH = "app/services/bank_transfers/cash.py"

BUGS = [
    Bug(
        "a pro-forma goes on asking for what is no longer due",
        "app/services/receivables/superseding.py",
        "due_of(books.session, pro_forma) != pro_forma.amount_minor",
        "due_of(books.session, pro_forma) == 0",
        ("tests/services/bank_transfers/test_superseded.py",),
    ),
    Bug(
        "what was sent in excess is dropped",
        "app/services/payments/fulfilment.py",
        'unit, source = money_unit(received.currency), UNAPPLIED if payment.rail == Rail.BANK_TRANSFER else "processor"',
        'unit, source = money_unit(received.currency), "processor"',
        (f"{_TESTS}::test_what_was_sent_in_excess_stays_and_is_used_by_the_next_order",),
    ),
    Bug(
        "cash on its way into a payment is promised again",
        _ALLOCATION,
        "return account.balance - promised(books.session, books.customer_id)",
        "return account.balance",
        (f"{_TESTS}::test_a_sum_on_its_way_into_a_payment_is_not_used_again",),
    ),
    Bug(
        "a movement is written down twice",
        _CASH,
        "if each.id in known or not each.amount_minor:",
        "if not each.amount_minor:",
        (f"{_TESTS}::test_two_looks_at_once_write_a_movement_down_once",),
    ),
    Bug(
        "what pays our own payment is posted once more",
        _CASH,
        "is_booked=in_books and not taken_by_payment,",
        "is_booked=in_books,",
        (f"{_TESTS}::test_the_exact_sum_pays_and_credits_once",),
    ),
    Bug(
        "an order is passed over for a later one that costs less",
        "app/domain/bank_transfers/allocation.py",
        "chosen = exact or (left[0] if left[0].minor <= available else None)",
        "chosen = exact or next((each for each in left if each.minor <= available), None)",
        ("tests/domain/test_bank_transfers.py::test_what_is_there_pays_whole_orders",),
    ),
    Bug(
        "a cent too little pays",
        "app/domain/bank_transfers/allocation.py",
        "left[0].minor <= available",
        "left[0].minor <= available + 1",
        ("tests/domain/test_bank_transfers.py::test_what_is_there_pays_whole_orders",),
    ),
    Bug(
        "a cancelled order is still paid",
        _ALLOCATION,
        '(ProForma.state == "open")',
        '(ProForma.state != "expired")',
        (f"{_TESTS}::test_without_an_order_or_after_it_was_cancelled_or_too_late_the_sum_stays_the_customers",),
    ),
    Bug(
        "what a restored payment has taken is used again",
        _ALLOCATION,
        "return max(int(open_ones), int(gone) - int(known)) + int(going_back)",
        "return int(open_ones) + int(going_back)",
        ("tests/services/bank_transfers/test_restored.py",),
    ),
    Bug(
        "an invoice that was paid otherwise takes cash",
        "app/services/receivables/transferring.py",
        "    if paying.why_not(document, due) is not None or due.amount_minor != pro_forma.amount_minor:\n        return False\n",
        "",
        ("tests/services/bank_transfers/test_invoices_due.py::test_what_is_due_no_more_by_that_amount_takes_no_cash",),
    ),
]
