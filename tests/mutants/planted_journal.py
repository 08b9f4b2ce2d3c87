"""The bugs planted in the journal: what is decided in memory, and what is written together."""

from tests.mutants.bug import Bug

MIDNIGHT = ("tests/services/journal/test_usage.py",)

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
]
