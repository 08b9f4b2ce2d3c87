"""The bugs planted in top-ups that are settled in one round trip."""

from tests.mutants.bug import Bug

SETTLE, DECIDED = "migrations/sql/0069_settle.sql", "app/services/payments/decided_ahead.py"
ON_SQLITE = "app/services/payments/on_sqlite.py"
TESTS = "tests/services/payments/test_at_once.py"
BOTH_WAYS = (f"{TESTS}::test_what_is_decided_ahead_is_what_the_usual_way_decides",)

BUGS = [
    Bug("a settlement stands although what it was decided from has changed", SETTLE,
        "purser_decided_from(whose, which) is not distinct from was_decided_from", "true", BOTH_WAYS),
    Bug("a settlement passes by what waits to be posted", SETTLE, " is distinct from 0 then return",
        " is null then return", BOTH_WAYS),
    Bug("a settlement covers no debt", SETTLE, "and b.balance >= 0)", ")", BOTH_WAYS),
    Bug("a settlement leaves a grant that is due", SETTLE, "g.remaining_micros > 0 and g.expires_at <= now_is)",
        "g.remaining_micros > 0 and g.expires_at <= now_is and false)", BOTH_WAYS),
    Bug("a settlement leaves the later days as they were", SETTLE, "d.day > today;", "d.day > today and false;",
        BOTH_WAYS),
    Bug("a document decided ahead is issued before the one before it", SETTLE, "greatest(now_is, issued_before)",
        "now_is", BOTH_WAYS),
    Bug("an automatic charge decided ahead stays reserved", SETTLE, "reserved_minor = b.reserved_minor - r.amount_minor",
        "reserved_minor = b.reserved_minor", (f"{TESTS}::test_an_automatic_charge_is_counted_in_its_budget",)),
    Bug("an account decided ahead goes beyond what the ledger allows", SETTLE,
        "abs(b.balance + m.change) <= 2305843009213693952", "true",
        (f"{TESTS}::test_an_account_that_would_go_too_far_is_not_moved",)),
    Bug("a document decided ahead lacks the address", DECIDED, "(found.catalog, found.address)", "(found.catalog, None)",
        BOTH_WAYS, of_postgresql=True),
    Bug("a settlement on SQLite passes by what waits to be posted", ON_SQLITE, "select s.unposted_micros <> 0\n",
        "select false\n", BOTH_WAYS),
    Bug("a settlement on SQLite covers no debt", ON_SQLITE,
        " or accounts.rows[decided.postings[-1].unit, CREDITS].balance < 0", "", BOTH_WAYS),
    Bug("a settlement on SQLite leaves a grant that is due", ON_SQLITE, "o.expires_at <= :now)",
        "o.expires_at <= :now and false)", BOTH_WAYS),
    Bug("a settlement on SQLite leaves the later days as they were", ON_SQLITE, "if not has_later:", "if True:", BOTH_WAYS),
    Bug("a settlement on SQLite is decided from what was read before the lock", ON_SQLITE,
        "found = _found(cursor, known.payment.id)", "found = known", BOTH_WAYS),
]  # fmt: skip
