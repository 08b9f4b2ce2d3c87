"""Mutants of the services that nobody can find, because they do the same: each with the reason."""

from tests.mutation.equivalent import Equivalent

SCOPE = "the scope narrows every read to its customer"
KEY = "the foreign key joins them by the same"

EQUIVALENT: tuple[Equivalent, ...] = (
    Equivalent(
        "app/services/balance/history.py",
        "closing = rows[0].closing_micros if rows and rows[0].day < first else 0",
        "closing = rows[0].closing_micros if rows and rows[0].day <= first else 0",
        "the first day's own row says how it ended",
    ),
    Equivalent(
        "app/services/spend_management/simulation.py",
        "Transfer.customer_id == customer_id,",
        "",
        SCOPE,
    ),
    Equivalent(
        "app/services/payments/declines.py",
        "PaymentMethod, (PaymentMethod.customer_id == Payment.customer_id) & (PaymentMethod.id == Payment.method_id) )",
        "PaymentMethod, )",
        KEY,
    ),
    Equivalent(
        "app/services/notices/expiring_credit.py",
        ".limit(limit - len(found))",
        ".limit(None)",
        "who works on them stops at the same number: the limit only spares reading",
    ),
    Equivalent(
        "app/services/alerts/recipients.py",
        "if not text or len(text) > _LONGEST:",
        "if not text or len(text) >= _LONGEST:",
        "a link's token is far shorter, and what is longer leads nowhere either way",
    ),
    Equivalent(
        "app/services/balance/summary.py",
        ".where(Grant.customer_id == customer_id, or_(Grant.remaining_micros > 0, Grant.is_to_begin(now)))",
        ".where(or_(Grant.remaining_micros > 0, Grant.is_to_begin(now)))",
        SCOPE,
    ),
    Equivalent(
        "app/services/ledger/reversal_shares.py",
        "Allocation, (Allocation.customer_id == Transfer.customer_id) & (Allocation.transfer_id == Transfer.id)",
        "Allocation, None",
        KEY,
    ),
    Equivalent(
        "app/services/balance/overview.py",
        ".where(model.customer_id == Customer.customer_id, *where)",
        ".where(*where)",
        SCOPE,
    ),
    Equivalent(
        "app/services/balance/summary.py",
        "holds = open_holds(db.session(), customer_id, now) if held else []",
        "holds = open_holds(db.session(), customer_id, now) if (held) or True else []",
        "holds keep no more than all that is held: where that is nothing, not reading them only spares a statement",
    ),
    Equivalent(
        "app/services/payments/resume_links.py",
        'return base64.urlsafe_b64encode(made).decode().rstrip("=")',
        "return base64.urlsafe_b64encode(made).decode().rstrip(None)",
        "the sign at the end is sent and compared like every other",
    ),
    Equivalent(
        "app/services/notices/decisions.py",
        'portal_url=portal_links.page_or_overview(rule.PAGES.get(notice.rule, "overview.page")),',
        'portal_url=portal_links.page_or_overview(rule.PAGES.get(notice.rule, "XXoverview.pageXX")),',
        "a page that is not there leads to the Overview too",
    ),
    Equivalent(
        "app/services/usage/meters.py",
        "UsageEvent.received_at < datetime.combine(last, time.min, UTC) + 2 * DAY,",
        "UsageEvent.received_at < datetime.combine(last, time.min, UTC) + 3 * DAY,",
        "the day says it already: the bound spares PostgreSQL partitions",
    ),
)
