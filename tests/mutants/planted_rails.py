"""The bugs planted in credit that holds keep, and in what processors do otherwise than expected."""

from tests.mutants.bug import Bug

KEPT = ("tests/services/authorizations/test_kept_credit.py",)
CURRENCIES = ("tests/domain/test_currencies.py",)

CLAIMS = ("tests/services/reversals/test_other_currencies.py",)
DECLINES = ("tests/services/payments/test_declines.py",)

BUGS = [
    Bug(
        "a refund event that overtakes its payment's is not settled first",
        "app/services/reconciliation/events.py",
        "    if payment_id:\n        settlement.settle(payment_id)\n    return payment_id, again\n",
        "    return payment_id, again\n",
        ("tests/services/reconciliation/test_events.py",),
    ),
    Bug(
        "the 'bought the same' window halved",
        "app/services/payments/purchases.py",
        "ALIKE_WITHIN = timedelta(minutes=10)",
        "ALIKE_WITHIN = timedelta(minutes=5)",
        ("tests/services/payments/test_alike.py",),
    ),
    Bug(
        "a declined card is charged as often as anybody asks",
        "app/services/payments/top_ups.py",
        "        declines.check(session, order.customer_id, method, now)\n",
        "",
        DECLINES,
    ),
    Bug(
        "what is on its way is not counted with the declines",
        "app/services/payments/declines.py",
        "                Payment.state.in_(_ON_ITS_WAY),\n",
        "",
        DECLINES,
    ),
    Bug(
        "what comes back expires though another refund took it elsewhere",
        "app/services/ledger/burn_down.py",
        "_elsewhere(takings, wrong, order, over) if own in over else []",
        "[]",
        ("tests/services/reversals/test_bounced_after_expiry.py",),
    ),
    Bug(
        "refunds that changed places give back what they took at first",
        "app/services/ledger/reversal_shares.py",
        "            _change_places(taking, other, part)\n",
        "",
        ("tests/services/reversals/test_bounced_after_expiry.py",),
    ),
    Bug(
        "a dispute in another currency holds nothing",
        "app/services/reversals/disputes.py",
        'return "not_paid_yet" if PaymentState(payment.state) in OPEN else ""',
        'return "another_currency" if not found.amount or found.amount.currency != payment.currency else ""',
        CLAIMS,
    ),
    Bug(
        "a claim in another currency is counted as one in the payment's",
        "app/services/reversals/disputes.py",
        "claim = found.amount if found.amount and found.amount.currency == payment.currency else None",
        "claim = found.amount",
        CLAIMS,
    ),
    Bug(
        "a refund that does not fit its payment is named by nobody",
        "app/services/reconciliation/books.py",
        "        _name_claims(look, min(since, now - NAMED_FOR))\n",
        "",
        CLAIMS,
    ),
    Bug(
        "ariary are charged 100 times too much",
        "app/domain/processor_amounts.py",
        "return 0 if currency in _NONE else 3",
        "return 0 if currency in _NONE - {'MGA'} else 3",
        CURRENCIES,
    ),
    Bug(
        "a dinar's last digit is charged as typed",
        "app/domain/processor_amounts.py",
        "    if currency in _THREE:\n        return 10\n",
        "",
        CURRENCIES,
    ),
    Bug(
        "a catalog in any currency is sold from",
        "app/services/catalog/versions.py",
        "    if never_charged:\n",
        "    if never_charged and not text:\n",
        ("tests/services/payments/test_currencies.py",),
    ),
    Bug(
        "a part finer than the processor counts is promised back",
        "app/services/reversals/refunds.py",
        "    processor_amounts.check_step(requested)\n",
        "",
        ("tests/services/payments/test_currencies.py",),
    ),
    Bug(
        "credit expires under an open hold",
        "app/domain/grants.py",
        "min(grant.remaining, max(0, min(promised, held) - reserved))",
        "min(grant.remaining, max(0, min(promised, held) - reserved) * 0)",
        KEPT,
    ),
    Bug(
        "a hold made afterwards keeps what is over",
        "app/domain/grants.py",
        "for hold in holds if hold.made_at < (grant.expires_at or _NEVER))",
        "for hold in holds)",
        ("tests/domain/test_grants.py", *KEPT),
    ),
    Bug(
        "what a hold kept stays when it has ended",
        "app/services/authorizations/sqlite_funds.py",
        "where h.state = 'held' and h.expires_at > :now and h.customer_id = :customer_id and h.meter = ''",
        "where h.customer_id = :customer_id and h.meter = ''",
        KEPT,
    ),
]
