"""Everything that time asks for. The worker does all of it every second, and at once what it is woken for."""

from collections.abc import Callable, Iterable

import structlog

from app.services import idempotency, shutdown
from app.services.alerts import weekly_digest
from app.services.authorizations import expiry
from app.services.auto_recharge import judging, trigger
from app.services.bank_transfers import cash, orders, returns
from app.services.customers import billing_periods, pay_later
from app.services.dunning import collecting
from app.services.invoices import file_making
from app.services.ledger import grants
from app.services.mail import sending
from app.services.month_end import run as month_end
from app.services.notices import decisions, expiring_credit
from app.services.operations import partitions, retention
from app.services.papers import papers
from app.services.payment_methods import setups
from app.services.payments import sweep
from app.services.processor import profiles, sandbox
from app.services.receivables import interim
from app.services.reconciliation import books, inbox
from app.services.referrals import counting, giving
from app.services.reversals import refunds
from app.services.sign_in import resets
from app.services.tax import checking
from app.services.usage import deduplication, posting_schedule
from app.services.webhooks import deliveries, fan_out

log = structlog.get_logger()

JOBS: dict[str, Callable[[int], int]] = {
    "periods_rolled": billing_periods.roll_due,
    "months_run": month_end.run_due,
    "grants_posted": grants.post_due,
    "holds_expired": expiry.expire_due,
    "usage_posted": posting_schedule.post_due,
    "grants_expired": grants.expire_due,
    "sandbox_events_delivered": sandbox.deliver_due,
    "webhooks_worked": inbox.work,
    "payments_checked": sweep.payments_due,
    "cash_looked_at": cash.look_due,
    "pro_formas_expired": orders.expire_due,
    "cash_returned": returns.sweep_due,
    "refunds_checked": refunds.sweep_due,
    "setups_checked": setups.sweep_due,
    "profiles_sent": profiles.send_due,
    "notices_decided": decisions.decide_due,
    "automatic_charges_made": trigger.charge_due,
    "interim_invoices_written": interim.write_due,
    "invoices_collected": collecting.collect_due,
    "automatic_charges_swept": trigger.sweep_due,
    "automatic_charges_judged": judging.judge,
    "expiries_decided": expiring_credit.decide_due,
    "notices_sent": decisions.send_due,
    "digests_written": weekly_digest.write_due,
    "papers_made": papers.make_due,
    "files_made": file_making.make_due,
    "password_resets_written": resets.write_due,
    "mails_sent": sending.send_due,
    "events_spread": fan_out.spread_due,
    "webhooks_sent": deliveries.send_due,
    "tax_numbers_checked": checking.check_due,
    "partitions_made": partitions.make_due,
    "usage_keys_trimmed": deduplication.trim_due,
    "requests_trimmed": idempotency.trim,
    "refusals_trimmed": retention.trim_refusals,
    "deliveries_trimmed": retention.trim_deliveries,
    "books_compared": books.run_due,
    "referrals_counted": counting.count_due,
    "referrals_given": giving.give_due,
    "exposures_ended": pay_later.end_due,
}
"""Each does what is due of one kind, at most so much, and returns how much it did. Any number of workers may."""


SLOW = (
    "automatic_charges_swept",
    "automatic_charges_judged",
    "expiries_decided",
    "partitions_made",
    "usage_keys_trimmed",
    "requests_trimmed",
    "refusals_trimmed",
    "deliveries_trimmed",
    "books_compared",
    "referrals_counted",
    "referrals_given",
    "exposures_ended",
)
"""What may take minutes, and nobody waits for: the worker does it beside the rest, and seldom."""
MONTHLY = ("months_run",)
"""What writes an invoice for each customer when a month is over: beside the rest, and looked at as often."""
OUTWARD = ("webhooks_sent",)
"""What waits for hosts that are not ours: beside the rest too, and looked at as often."""
CHARGING = ("automatic_charges_made", "invoices_collected")
"""What waits for the processor once for each customer: beside the rest, and looked at as often."""
ASKING = ("tax_numbers_checked",)
"""What waits for the service that confirms tax numbers: beside the rest, and looked at as often."""
DRAWING = ("papers_made", "files_made")
"""What waits for the process that draws: beside the rest, and looked at as often."""
QUICK = tuple(name for name in JOBS if name not in {*SLOW, *MONTHLY, *OUTWARD, *CHARGING, *ASKING, *DRAWING})
TOGETHER = {"usage_posted": 10}
"""What is done for many customers in one transaction: so many times as much of it is done in one turn."""


def do(name: str, limit: int) -> int:
    """Do one turn of the kind; return how much was done."""
    return JOBS[name](limit * TOGETHER.get(name, 1))


def run_due(limit: int = 100, *, names: Iterable[str] = tuple(JOBS)) -> dict[str, int]:
    """Do what is due at the clock's now, one turn of each kind; return how many of each were done.

    A kind that fails does not keep the others from being done; its failure is raised at the end.
    """
    done, failures = {}, []
    for name in names:
        if shutdown.asked():
            break
        try:
            done[name] = do(name, limit)
        except Exception as problem:
            log.exception("job_failed", job=name)
            failures.append(problem)
    if failures:
        raise failures[0]
    return done
