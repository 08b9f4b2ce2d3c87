"""The bugs planted in the journal: what is decided in memory, and what is written together."""

from tests.mutants.bug import Bug

MIDNIGHT = ("tests/services/journal/test_usage.py",)
GUARDS = ("tests/services/journal/test_guards.py",)

BUGS = [
    Bug(
        "the second row of a midnight burns credit that the first has taken",
        "app/domain/journal/entries.py",
        "remaining=grant.remaining - share.micros",
        "remaining=grant.remaining",
        MIDNIGHT,
    ),
    Bug(
        "usage of many is posted from a period that was counted before",
        "app/domain/journal/usage.py",
        "        number = period.rows + 1\n",
        "        number = 1\n",
        MIDNIGHT,
    ),
    Bug(
        "a midnight posts what is not due",
        "app/services/journal/usage.py",
        '_DUE_DAYS = _DAYS.where(UsageDay.due_on <= bindparam("until", type_=Date))',
        "_DUE_DAYS = _DAYS",
        MIDNIGHT,
    ),
    Bug(
        "what moved under its lock is passed over in silence",
        "app/models/unit_of_work/waiting.py",
        "ensure(not wrong, f",
        "ensure(True or not wrong, f",
        GUARDS,
    ),
    Bug(
        "an account that has moved is written over",
        "app/models/unit_of_work/changes.py",
        "lambda account, row: account.version == row.was,",
        "lambda account, row: true(),",
        GUARDS,
    ),
    Bug(
        "a grant that has begun begins again",
        "app/models/unit_of_work/changes.py",
        "lambda grant, _row: and_(grant.posted_at.is_(None), grant.voided_at.is_(None)),",
        "lambda grant, _row: grant.voided_at.is_(None),",
        GUARDS,
    ),
]
