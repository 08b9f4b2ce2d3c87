"""Planted bugs: what the schedule of unpaid invoices and the standing must not do."""

from tests.mutants.bug import Bug

SCHEDULE = ("tests/domain/dunning/test_schedule.py",)
RULE = ("tests/domain/dunning/test_standing.py",)
COLLECTING = ("tests/services/dunning/test_collecting.py",)
VERIFIED = ("tests/services/dunning/test_verified.py",)
FROM_CREDIT = "app/services/receivables/from_credit.py"
CREDIT = "tests/services/receivables/test_from_credit.py"
FREED = "tests/services/receivables/test_from_credit_freed.py"

BUGS = [
    Bug(
        "retries are counted from the attempt before, however long its outcome took",
        "app/domain/dunning/schedule.py",
        "    return attempt.due_at if is_on_time else ended\n",
        "    return ended\n",
        SCHEDULE,
    ),
    Bug(
        "a charge for a new method counts as a retry",
        "app/domain/dunning/schedule.py",
        "    return sum(each.place is not None and each.outcome in COUNTED for each in attempts) > len(terms.retry_days)\n",
        "    return sum(each.outcome in COUNTED for each in attempts) > len(terms.retry_days)\n",
        SCHEDULE,
    ),
    Bug(
        "what is paid first of two overdue invoices restores the account",
        "app/domain/dunning/standing.py",
        "    return SUSPENDED if suspends or before == SUSPENDED else PAST_DUE\n",
        "    return SUSPENDED if suspends else PAST_DUE\n",
        (*RULE, *COLLECTING),
    ),
    Bug(
        "an account is suspended while the last retry is under way",
        "app/domain/dunning/standing.py",
        "    if first is None or is_left_alone(invoice.attempts) or not is_exhausted(terms, invoice.attempts):\n",
        "    if first is None or is_left_alone(invoice.attempts) or len(invoice.attempts) <= len(terms.retry_days):\n",
        RULE,
    ),
    Bug(
        "an invoice with a day is charged when it is written",
        "app/domain/dunning/schedule.py",
        "    return max(issued_at.astimezone(UTC), datetime.combine(due_on, time(), UTC))\n",
        "    return issued_at.astimezone(UTC)\n",
        (*SCHEDULE, *COLLECTING),
    ),
    Bug(
        "who pays the last overdue invoice waits for the next look to be served",
        "app/services/receivables/settling.py",
        "    standing.paid(books, now)\n",
        "",
        COLLECTING,
    ),
    Bug(
        "a void invoice goes on suspending",
        "app/services/receivables/ending.py",
        "        unpaid_overage.changed(books, now)\n        standing.paid(books, now)\n",
        "        unpaid_overage.changed(books, now)\n",
        COLLECTING,
    ),
    Bug(
        "a new method waits for the next retry",
        "app/services/payment_methods/rows.py",
        "    session.execute(method_came(method.customer_id, method.id, now))\n",
        "",
        COLLECTING,
    ),
    Bug(
        "each retry that fails is mailed",
        "app/services/payments/outcomes.py",
        "    if nobody_watched and payment.created_by != DUNNING:",
        "    if nobody_watched:",
        COLLECTING,
    ),
    Bug(
        "an attempt that ended otherwise than its payment is proved",
        "app/services/verification/charge_proofs.py",
        "          or (a.state = 'succeeded' and p.state not in {_PAID})\n",
        "",
        VERIFIED,
    ),
    Bug(
        "who corrects an unpaid invoice is charged and suspended from the beginning",
        "app/services/invoices/corrections.py",
        "        _go_on_collecting(session, document, instead)\n",
        "        pass\n",
        ("tests/services/dunning/test_corrected.py",),
    ),
    Bug(
        "the rest of a correction is charged though what was paid is disputed",
        "app/services/customers/rests.py",
        "(document.taken_over_minor > 0 and _is_disputed(session, document))",
        "False",
        ("tests/services/dunning/test_rests.py",),
    ),
    Bug(
        "a killed charge that no bank heard of counts as a retry",
        "app/services/dunning/looking.py",
        "    return Outcome.FAILED if is_heard else Outcome.NOT_MADE\n",
        "    return Outcome.FAILED\n",
        ("tests/services/dunning/test_methods.py",),
    ),
    Bug(
        "credit that nobody bought pays an invoice that was taxed without it",
        FROM_CREDIT,
        "Grant.customer_id == books.customer_id, Grant.kind.in_(BOUGHT_KINDS)",
        "Grant.customer_id == books.customer_id, Grant.remaining_micros > 0",
        (CREDIT,),
    ),
    Bug(
        "an invoice is paid from credit while a payment of it is under way",
        FROM_CREDIT,
        "    if not under_way:\n        return rows\n",
        "    if True:\n        return rows\n",
        (CREDIT,),
    ),
    Bug(
        "credit that a hold gives free pays nothing until other credit comes",
        "app/services/dunning/collecting.py",
        "    wanted = union(unplanned, due, ended, asked, freed).subquery()\n",
        "    wanted = union(unplanned, due, ended, asked).subquery()\n",
        (FREED,),
    ),
    Bug(
        "whose credit a hold needs is looked at again and again",
        FROM_CREDIT,
        "Account.balance - Spending.unposted_micros - Spending.held_micros >= minor",
        "Account.balance - Spending.unposted_micros >= minor",
        (FREED,),
    ),
    Bug(
        "credit of a referral pays nothing until other credit comes",
        "app/services/referrals/giving.py",
        "    arrivals.came(books, now)  # what a hold needs of bought credit is less\n",
        "",
        (FREED,),
    ),
    Bug(
        "credit of a void invoice stays gone",
        "app/services/receivables/ending.py",
        "        from_credit.give_back(books, document, now)\n",
        "",
        (CREDIT,),
    ),
    Bug(
        "credit that comes back below zero has paid nothing",
        "app/domain/invoices/coverage.py",
        "                self._pay(row.amount + came, BOUGHT_KINDS[0])\n            case kind if kind == OVERAGE_INVOICED:",
        "                pass\n            case kind if kind == OVERAGE_INVOICED:",
        (CREDIT,),
    ),
    Bug(
        "a credit note gives credit back that it gave before",
        FROM_CREDIT,
        "carrying.from_credit(session, document) - int(noted or 0)",
        "carrying.from_credit(session, document)",
        (CREDIT,),
    ),
    Bug(
        "a debit that failed is collected once more in the same minute",
        "app/services/dunning/looking.py",
        "                if due.place == 0 and (failed := self._failed_since(due)) is not None:\n",
        "                if False and (failed := self._failed_since(due)) is not None:\n",
        ("tests/services/dunning/test_own_payments.py",),
    ),
]
