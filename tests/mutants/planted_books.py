"""Bugs in the books, in what is due and in what a payment is for: what is changed where, and which tests must turn red."""

from tests.mutants.bug import Bug

BOOKS = ("tests/services/ledger/test_books.py",)
DUE = ("tests/services/authorizations/test_due.py",)
STATEMENTS = ("tests/services/payments/test_purchase_statements.py",)
FULFILMENT = ("tests/services/payments/test_fulfilment.py",)

BUGS = [
    Bug(
        "the books are locked twice and nobody notices",
        "app/services/ledger/posting.py",
        "    if known is not transaction:\n",
        "    if True:\n",
        BOOKS,
    ),
    Bug(
        "books outlive their transaction",
        "app/services/ledger/posting.py",
        "ensure(self.session.get_transaction() is self._transaction,",
        "ensure(self._transaction is not None,",
        BOOKS,
    ),
    Bug(
        "the books forget what they moved",
        "app/services/journal/in_hand.py",
        "        set_committed_value(held, name, value)",
        "        name or set_committed_value(held, name, value)",
        BOOKS,
    ),
    Bug(
        "half the accounts are taken for all",
        "app/services/ledger/posting.py",
        "len(units) > 1 and wanted <= accounts.keys()",
        "len(units) > 1",
        ("tests/services/ledger/test_books.py::test_a_customer_without_an_account_has_no_books",),
    ),
    Bug(
        "the customer is read each time",
        "app/services/ledger/posting.py",
        "    @cached_property\n    def outbox",
        "    @property\n    def outbox",
        STATEMENTS,
    ),
    Bug(
        "what expires right now is not due",
        "app/models/ledger.py",
        "cls.expires_at <= now)",
        "cls.expires_at < now)",
        DUE,
    ),
    Bug(
        "a period that is closed is due again",
        "app/models/customers.py",
        "and_(cls.closed_at.is_(None), cls.ends_at <= now)",
        "and_(cls.ends_at <= now)",
        DUE,
    ),
    Bug(
        "SQL overlooks a grant that is to begin",
        "app/services/authorizations/sqlite_funds.py",
        "            and g.effective_at <= :now\n",
        "            and g.effective_at < :now\n",
        DUE,
    ),
    Bug(
        "what nobody fulfils is settled all the same",
        "app/services/payments/fulfilment.py",
        '    ensure(payment.purpose in _purposes, f"nobody fulfils payments for {payment.purpose!r}")\n    return _purposes[payment.purpose](',
        "    return _purposes.get(payment.purpose, top_up)(",
        FULFILMENT,
    ),
    Bug(
        "a correction is made again",
        "app/services/ledger/corrections.py",
        "        if there is not None:\n            return there\n",
        "",
        ("tests/cli/test_credits.py::test_usage_is_corrected_once_and_who_and_why_are_kept",),
    ),
    Bug(
        "money is corrected behind the processor's back",
        "app/services/ledger/corrections.py",
        'if wrong.kind != "usage":',
        'if wrong.sequence is not None and wrong.kind != "usage":',
        ("tests/cli/test_credits.py::test_what_cannot_be_done_is_one_line_and_changes_nothing",),
    ),
    Bug(
        "bought credit is voided",
        "app/services/ledger/grants.py",
        "        if grant.payment_id is not None:\n            words",
        "        if grant.payment_id is None:\n            words",
        ("tests/services/reversals/test_refunds.py::test_bought_credit_is_refunded_and_not_voided",),
    ),
    Bug(
        "what a refund took elsewhere expires once more",
        "app/services/ledger/corrections.py",
        "or_(Grant.voided_at.is_not(None), Grant.expires_at <= now)",
        "Grant.voided_at.is_not(None)",
        (
            "tests/services/reversals/test_refunds.py::test_usage_of_credit_that_ended_and_was_refunded_is_not_corrected",
        ),
    ),
    Bug(
        "what is booked late moves everybody's later days",
        "app/services/ledger/spending.py",
        ".where(BalanceDay.customer_id == customer_id, BalanceDay.day > day)",
        ".where(BalanceDay.day > day)",
        ("tests/services/balance/test_days.py",),
    ),
    Bug(
        "what a refund gave back to who paid its debt is given back twice",
        "app/services/ledger/reversal_shares.py",
        "found.beyond[grant_id] -= rest",
        "found.beyond[grant_id] += rest",
        ("tests/services/reversals/test_bounced_after_expiry.py",),
    ),
]
