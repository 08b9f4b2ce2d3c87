"""The bugs planted in usage that is recorded in one round trip."""

from tests.mutants.bug import Bug

RECORD = "migrations/sql/0060_record_usage.sql"
TESTS = "tests/services/usage/test_recording.py"
BOTH_WAYS = (f"{TESTS}::test_one_round_trip_comes_to_what_the_usual_way_comes_to",)

BUGS = [
    Bug("recorded usage takes what a hold holds", RECORD, "funds - held - many <", "funds - many <", BOTH_WAYS),
    Bug("recorded usage burns bought credit first", RECORD, "g.kind in ('pur", "g.kind not in ('pur", BOTH_WAYS),
    Bug(
        "recorded usage passes by what waits to be posted",
        RECORD,
        " is distinct from 0 then return",
        " is null then return",
        BOTH_WAYS,
    ),
    Bug(
        "recorded usage leaves the later days as they were", RECORD, "and day >= today;", "and day = today;", BOTH_WAYS
    ),
    Bug(
        "recorded usage burns a grant that is to expire",
        RECORD,
        "g.remaining_micros > 0 and g.expires_at <= asked_at)",
        "g.remaining_micros > 0 and g.expires_at <= asked_at and false)",
        BOTH_WAYS,
    ),
    Bug(
        "a call that psycopg has dropped is never prepared again",
        "app/models/unit_of_work/functions.py",
        "            except psycopg.errors.InvalidSqlStatementName:  #",
        "            except ZeroDivisionError:  #",
        (f"{TESTS}::test_a_connection_that_has_forgotten_the_call_or_lost_its_answer_counts_once",),
        of_postgresql=True,
    ),
    Bug(
        "a row is made before its table has been joined to its class",
        "app/models/unit_of_work/detached.py",
        "    Base.registry.configure()",
        "    Base.registry",
        ("tests/services/usage/test_recording.py::test_it_may_be_the_first_that_a_process_does",),
    ),
]
