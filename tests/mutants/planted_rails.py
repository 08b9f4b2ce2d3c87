"""The bugs planted in credit that holds keep, and in what processors do otherwise than expected."""

from tests.mutants.bug import Bug

KEPT = ("tests/services/authorizations/test_kept_credit.py",)

BUGS = [
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
        "where h.state = 'held' and h.expires_at > :now and h.customer_id",
        "where h.customer_id",
        KEPT,
    ),
]
