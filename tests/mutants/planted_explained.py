"""Bugs of what explains itself: figures, and what a refusal was decided from; and which tests are red then."""

from tests.mutants.bug import Bug

JUDGED = ("tests/services/authorizations/test_judged.py",)

BUGS = [
    Bug(
        "a refusal forgets what calls in progress held",
        "app/services/authorizations/sqlite_funds.py",
        "funds.balance - funds.usage_to_post, funds.overage_limit, funds.held, funds.daily_limit",
        "funds.balance - funds.usage_to_post, funds.overage_limit, 0, funds.daily_limit",
        JUDGED,
    ),
    Bug(
        "a refusal forgets what calls in progress held, on PostgreSQL",
        "migrations/sql/0013_refusals.sql",
        "case when refused then funds.held end",
        "case when refused then 0 end",
        JUDGED,
    ),
    Bug(
        "a refusal keeps what was posted as its balance",
        "app/services/authorizations/sqlite_funds.py",
        "funds.balance - funds.usage_to_post, funds.overage_limit, funds.held, funds.daily_limit",
        "funds.balance, funds.overage_limit, funds.held, funds.daily_limit",
        JUDGED,
    ),
]
