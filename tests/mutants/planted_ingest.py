"""The bugs planted in ingest: single events by the short way, and batches by columns."""

from tests.mutants.bug import Bug

BOTH_WAYS = ("tests/services/ingest/test_both_ways_agree.py",)
FRONT = ("tests/api/test_front_usage_events.py",)
COUNT = "migrations/sql/0057_single_event.sql"

BUGS = [
    Bug(
        "an event by the short way leaves what is held where it was, on PostgreSQL",
        COUNT,
        "        change := reserves - reserved;\n",
        "        change := 0;\n",
        BOTH_WAYS,
    ),
    Bug(
        "the short way counts an event before a grant that is due begins, on PostgreSQL",
        COUNT,
        "    if is_due or ends_at <= moment",
        "    if ends_at <= moment",
        BOTH_WAYS,
    ),
    Bug(
        "the short way counts for a plan that the customer has left, on PostgreSQL",
        COUNT,
        "        and c.plan is not distinct from plan_key and (called",
        "        and (called",
        BOTH_WAYS,
    ),
    Bug(
        "the short way counts an event once more that says something else",
        "app/services/ingest/on_sqlite.py",
        'return "duplicate" if found.earlier == digest else "reused"',
        'return "duplicate"',
        (*BOTH_WAYS, *FRONT),
    ),
    Bug(
        "a key that is bound to a customer reports for others by the short way",
        "app/services/ingest/on_sqlite.py",
        "    return caller.may(SCOPE) and found.only in {None, found.customer_id}\n",
        "    return caller.may(SCOPE)\n",
        FRONT,
    ),
    Bug(
        "a field that comes twice in an event's properties is taken by the front",
        "app/api/front/usage_events.py",
        "    if len(found) != len(pairs):\n",
        "    if not found and pairs:\n",
        FRONT,
    ),
    Bug(
        "a field that comes twice is not looked for",
        "app/api/contract/bodies.py",
        "        self.found_any = True\n        return _Twice(pairs)\n",
        "        return _Twice(pairs)\n",
        ("tests/api/test_contract.py",),
    ),
]
