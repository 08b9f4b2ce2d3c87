"""The bugs planted in limits and notices, webhooks, and the API."""

from tests.mutants.bug import Bug

NOTICES = ("tests/services/notices/test_decisions.py",)
LIMITS = ("tests/domain/test_spend_management.py",)
ALERTS = ("tests/domain/test_usage_alerts.py",)
DELIVERIES = ("tests/services/webhooks/test_deliveries.py",)
ENDPOINTS = ("tests/services/webhooks/test_endpoints.py",)
KEYS = ("tests/security/test_api_keys.py",)

BUGS = [
    Bug(
        "a refusal for the limit is mailed to nobody",
        "app/domain/notices.py",
        "(reached or levels.was_refused) and not",
        "reached and not",
        NOTICES,
    ),
    Bug(
        "a call too large for the limit blocks everybody until tomorrow",
        "app/domain/notices.py",
        "reached = is_reached(limit, used)",
        "reached = is_reached(limit, used) or (limit is not None and levels.was_refused)",
        NOTICES,
    ),
    Bug(
        "the new day is noticed a day late",
        "app/domain/notices.py",
        "if levels.now >= each.day.ends:",
        "if levels.now > each.day.ends + (each.day.ends - each.day.begins):",
        NOTICES,
    ),
    Bug(
        "the threshold itself is not a crossing",
        "app/domain/spend_management.py",
        "return limit is not None and used >= limit",
        "return limit is not None and used > limit",
        (*LIMITS, *NOTICES),
    ),
    Bug(
        "the day is the host's",
        "app/domain/spend_management.py",
        "return Day(moment.astimezone(UTC).date())",
        "return Day(moment.astimezone().date() if moment.hour % 2 else moment.date() - timedelta(days=1))",
        (*LIMITS, *NOTICES),
    ),
    Bug(
        "a threshold above the limit is kept",
        "app/domain/spend_management.py",
        "if wanted.daily_limit and wanted.notify_threshold and wanted.notify_threshold > wanted.daily_limit:",
        "if False:",
        LIMITS,
    ),
    Bug(
        "an alert wants more than its threshold",
        "app/domain/usage_alerts.py",
        "return basis is not None and quantity * 100 >= basis * wanted.threshold",
        "return basis is not None and quantity * 100 > basis * wanted.threshold",
        ALERTS,
    ),
    Bug(
        "a bar is full a percent early",
        "app/domain/usage_bars.py",
        "if (used + held) * 100 >= basis * FULL_PERCENT:",
        "if (used + held) * 100 >= basis * (FULL_PERCENT - 1):",
        ("tests/domain/test_usage_bars.py",),
    ),
    Bug(
        "credit that is used already is said to expire",
        "app/services/notices/expiring_credit.py",
        "[view(each) for each in live], usage_to_post)",
        "[view(each) for each in live], 0)",
        ("tests/services/notices/test_expiring_credit.py",),
    ),
    Bug(
        "each grant that expires soon has a mail of its own",
        "app/domain/notices.py",
        'if "told_with" in figures:',
        'if "sent_with" in figures:',
        ("tests/services/notices/test_expiring_credit.py",),
    ),
    Bug(
        "hosts do not hear of credit that expired",
        "app/services/ledger/grants.py",
        'if kind == "expired":',
        'if kind == "lapsed":',
        ("tests/services/notices/test_expiring_credit.py",),
    ),
    Bug(
        "a capture without room uses up its key",
        "app/api/v1/authorizations.py",
        "raise RetryLater(refusal.sentence, refusal.reason, refusal.status, refusal.retry_after) from refusal",
        "raise",
        ("tests/api/test_authorizations.py",),
    ),
    Bug(
        "a hold that is over is still counted on pages",
        "app/services/balance/summary.py",
        "    if over_by_now:  # what",
        "    if over_by_now < 0:  # what",
        ("tests/api/test_authorizations.py",),
    ),
    Bug(
        "a redirect counts as delivered",
        "app/domain/webhooks.py",
        "case Answered(status=status) if 200 <= status < 300:\n            return Verdict.DELIVERED",
        "case Answered(status=status) if 200 <= status < 400:\n            return Verdict.DELIVERED",
        (*DELIVERIES, "tests/faults/test_webhooks_out.py"),
    ),
    Bug(
        "410 is tried again",
        "app/domain/webhooks.py",
        "        case Answered(status=410):\n            return Verdict.GONE\n",
        "",
        (*DELIVERIES, "tests/faults/test_webhooks_out.py"),
    ),
    Bug(
        "plain http is good enough",
        "app/domain/webhooks.py",
        'if parts.scheme != "https":',
        'if parts.scheme == "gopher":',
        ("tests/api/test_webhooks.py",),
    ),
    Bug(
        "a zombie worker writes over its successor's delivery",
        "app/services/webhooks/deliveries.py",
        "                WebhookDelivery.tries == claim.attempt,\n",
        "",
        DELIVERIES,
    ),
    Bug(
        "the old secret stops signing at once",
        "app/services/webhooks/endpoints.py",
        "row.old_secret_until > clock.now():\n        try:",
        "row.old_secret_until < clock.now():\n        try:",
        (*ENDPOINTS, *DELIVERIES, "tests/faults/test_webhooks_out.py"),
    ),
    Bug(
        "a wrong secret opens the API",
        "app/services/access/api_keys.py",
        "if found is None or not compare_digest(found[0].secret_hash, shown.secret_hash):",
        "if found is None:",
        KEYS,
    ),
    Bug(
        "a revoked key lives on",
        "app/services/access/api_keys.py",
        'if state_of(key) != "active" or not',
        'if state_of(key) == "expired" or not',
        KEYS,
    ),
    Bug(
        "a scope is not looked at",
        "app/api/contract/callers.py",
        "    if not found.may(scope):\n",
        "    if not found.scopes:\n",
        KEYS,
    ),
    Bug(
        "a key of one customer reads another",
        "app/api/contract/callers.py",
        "return name if mine in {None, name} else None",
        "return name",
        KEYS,
    ),
    Bug(
        "a key of one customer reports for another",
        "app/services/usage/events.py",
        "_named(is_limited=bool(only))",
        "_named(is_limited=False)",
        KEYS,
    ),
]
