"""The bugs: what is changed where, and which tests must turn red."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bug:
    """`old` occurs exactly once in `file`; `tests` are named as on pytest's command line."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


LEDGER = ("tests/services/test_ledger.py",)
HISTORIES = ("tests/services/test_histories.py",)
SETTLE = ("tests/services/test_settle.py",)

BUGS = [
    Bug(
        "the floor itself is refused",
        "app/domain/ledger.py",
        "balance < floor and balance < balances[key]",
        "balance <= floor and balance < balances[key]",
        ("tests/domain/test_ledger.py",),
    ),
    Bug(
        "a debt may grow under the floor",
        "app/domain/ledger.py",
        "balance < floor and balance < balances[key]",
        "balance < floor and balance > balances[key]",
        ("tests/domain/test_ledger.py",),
    ),
    Bug(
        "a change has the wrong sign",
        "app/domain/ledger.py",
        "return self.amount if self.credit == CREDITS else -self.amount",
        "return self.amount if self.debit == CREDITS else -self.amount",
        ("tests/domain/test_ledger.py",),
    ),
    Bug(
        "only one side of a posting moves",
        "app/domain/ledger.py",
        "        after[posting.debited] -= posting.amount\n",
        "",
        ("tests/domain/test_ledger.py",),
    ),
    Bug(
        "what never expires burns first",
        "app/domain/grants.py",
        "return (grant.priority, expiry is None,",
        "return (grant.priority, expiry is not None,",
        ("tests/domain/test_grants.py",),
    ),
    Bug(
        "expired credit is spent",
        "app/domain/grants.py",
        "grant.effective_at <= now and not is_expired(grant.expires_at, now)",
        "grant.effective_at <= now",
        ("tests/domain/test_grants.py",),
    ),
    Bug(
        "a correction fills the grants in burn order",
        "app/domain/grants.py",
        "[*reversed(taken), *reversed(covered)]",
        "[*taken, *covered]",
        ("tests/domain/test_grants.py",),
    ),
    Bug(
        "rounding cuts off",
        "app/domain/money.py",
        "return sign * (whole + (2 * rest >= abs(denominator)))",
        "return numerator // denominator",
        ("tests/domain/test_money.py",),
    ),
    Bug(
        "a debt counts twice in what may be used",
        "app/domain/numbers.py",
        "usable = max(0, remaining) + overage_left - held",
        "usable = remaining + overage_left - held",
        ("tests/domain/test_numbers.py",),
    ),
    Bug(
        "the 31st becomes the 28th",
        "app/domain/periods.py",
        "min(anchor_day, monthrange(year, month)[1])",
        "min(anchor_day, 28)",
        ("tests/domain/test_periods.py",),
    ),
    Bug(
        "the balance after a row is one off",
        "app/services/ledger.py",
        "balance_after_micros=running[key] if own else None",
        "balance_after_micros=running[key] + 1 if own else None",
        LEDGER,
    ),
    Bug(
        "the sequence does not advance when credit comes in",
        "app/services/ledger.py",
        "    history[posting.credited] += 1\n",
        "",
        LEDGER,
    ),
    Bug(
        "the totals of the day leave corrections out",
        "app/services/ledger.py",
        "    if change is None:\n        return\n",
        '    if change is None or transfer.kind == "correction":\n        return\n',
        LEDGER,
    ),
    Bug(
        "what was posted is not looked for",
        "app/services/ledger.py",
        "    if earlier:\n        return earlier\n",
        "",
        LEDGER,
    ),
    Bug(
        "one fact with another amount passes",
        "app/services/ledger.py",
        "    if len(same) != len(postings):\n",
        "    if not found:\n",
        LEDGER,
    ),
    Bug(
        "a usage key is used again for another amount",
        "app/services/usage.py",
        "if earlier.amount != credits.micros:",
        "if earlier.amount < 0:",
        LEDGER,
    ),
    Bug(
        "who took credit back is not said",
        "app/services/grants.py",
        '            by,\n            "grant.voided",\n',
        '            "seller",\n            "grant.voided",\n',
        LEDGER,
    ),
    Bug(
        "writers do not wait for each other",
        "app/models/database.py",
        '"BEGIN IMMEDIATE" if writing else "BEGIN DEFERRED"',
        '"BEGIN DEFERRED" if writing else "BEGIN DEFERRED"',
        ("tests/services/test_concurrency.py",),
    ),
    Bug(
        "usage does not look for what has expired",
        "app/services/usage.py",
        "        grants.catch_up(session, customer_id, unit, now)\n",
        "",
        HISTORIES,
    ),
    Bug(
        "what goes back into a grant is not written down",
        "app/services/burn_down.py",
        "    session.add(Allocation(",
        "    micros > 0 and session.add(Allocation(",
        HISTORIES,
    ),
    Bug(
        "a correction gives nothing back",
        "app/services/ledger.py",
        "            for kind, grant, micros in burn_down.give_back(session, wrong, made, now):\n",
        "            for kind, grant, micros in ():\n",
        HISTORIES,
    ),
    Bug(
        "a new grant leaves the debt",
        "app/services/grants.py",
        "    if covers:\n",
        "    if covers < 0:\n",
        HISTORIES,
    ),
    Bug(
        "a voided grant begins after all",
        "app/services/grants.py",
        "& (Grant.effective_at <= now) & Grant.voided_at.is_(None))",
        "& (Grant.effective_at <= now))",
        HISTORIES,
    ),
    Bug(
        "the numbers wait for the job",
        "app/services/balance.py",
        "    if waiting:\n",
        "    if waiting < 0:\n",
        HISTORIES,
    ),
    Bug(
        "verify overlooks a balance that is too high",
        "app/services/proofs.py",
        "where a.balance <> coalesce(s.total, 0)",
        "where a.balance < coalesce(s.total, 0)",
        ("tests/services/test_verify.py",),
    ),
    Bug(
        "the wish is credited, not what was received",
        "app/services/settle.py",
        "bought = credits_for(received, Money(payment.amount_minor, payment.currency), promised)",
        "bought = promised",
        SETTLE,
    ),
    Bug(
        "a second success is not stopped",
        "app/services/settle.py",
        "        if payment.state not in OPEN:\n            return payment\n        if not isinstance",
        "        if not isinstance",
        ("tests/services/test_concurrency.py",),
    ),
    Bug(
        "another currency is taken for ours",
        "app/services/settle.py",
        'return "another_currency"',
        'return ""',
        SETTLE,
    ),
    Bug(
        "no answer is read as failed",
        "app/services/settle.py",
        "            _look_again(payment, now, refused)\n            return payment\n        mismatch",
        '            _end(session, payment, refused or "unknown", now)\n            return payment\n        mismatch',
        ("tests/faults/test_processor_misbehaves.py",),
    ),
]
