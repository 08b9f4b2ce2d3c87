"""Everything that time asks for, in one pass: run every second by the worker, by cron, and by tests."""

from collections.abc import Callable

from app.services import grants, inbox, periods, sweep
from app.services.processor import deliver_sandbox_events


def run_due(limit: int = 100) -> dict[str, int]:
    """Do what is due at the clock's now, at most `limit` of each kind; return how many of each were done."""
    jobs: dict[str, Callable[[int], int]] = {
        "periods_rolled": periods.roll_due,
        "grants_posted": grants.post_due,
        "grants_expired": grants.expire_due,
        "sandbox_events_delivered": deliver_sandbox_events,
        "webhooks_worked": inbox.work,
        "payments_checked": sweep.payments_due,
    }
    return {name: job(limit) for name, job in jobs.items()}
