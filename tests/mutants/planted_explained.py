"""Bugs of what explains itself: figures, and what a refusal was decided from; and which tests are red then."""

from tests.mutants.bug import Bug

JUDGED = ("tests/services/authorizations/test_judged.py",)
FIGURES = ("tests/services/spend_management/test_figures.py",)

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
        "migrations/sql/0056_flat_authorize.sql",
        "moment, expiry, moment, funds, overage, held, day_limit,",
        "moment, expiry, moment, funds, overage, 0, day_limit,",
        JUDGED,
    ),
    Bug(
        "a refusal keeps what was posted as its balance",
        "app/services/authorizations/sqlite_funds.py",
        "funds.balance - funds.usage_to_post, funds.overage_limit, funds.held, funds.daily_limit",
        "funds.balance, funds.overage_limit, funds.held, funds.daily_limit",
        JUDGED,
    ),
    Bug(
        "the rows of a day leave out what was used without a meter at once",
        "app/services/spend_management/figures.py",
        'direct = (Part("at_once", rows, int(at_once or 0), day=on),) if rows else ()',
        "direct = ()",
        FIGURES,
    ),
    Bug(
        "Usage shows what calls in progress hold as it was before one of them, or the period, ended",
        "app/services/usage/meters.py",
        "    is_stale = found.is_open and (ended > 0 or found.number != row.number)\n",
        "    is_stale = False\n",
        FIGURES,
    ),
    Bug(
        "Spend management shows a plan's limit as it was before a hold or the period ended",
        "app/services/spend_management/blocked_calls.py",
        "    if any(row.ended or row.ends_at <= now for row in rows):\n",
        "    if not rows:\n",
        FIGURES,
    ),
    Bug(
        "the net of a period leaves its corrections out",
        "app/services/usage/figures.py",
        "    return Figure(usage.cost.micros - given, (*used.parts, *taken), from_days=used.from_days)",
        "    return Figure(usage.cost.micros, (*used.parts, *taken), from_days=used.from_days)",
        FIGURES,
    ),
    Bug(
        "what is held leaves out credit without a meter",
        "app/services/spend_management/figures.py",
        '            found.append(Part("hold", rows, credit))\n',
        "",
        FIGURES,
    ),
]
