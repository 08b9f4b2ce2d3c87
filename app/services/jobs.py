"""Everything that time asks for. The worker does all of it every second, and at once what it is woken for."""

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache
from typing import Any

import structlog
from sqlalchemy import BindParameter, Date, Select, String, bindparam, or_, select

from app import clock
from app.domain.spend_management import day_of
from app.models.database import UtcDateTime, db
from app.models.ledger import Grant
from app.models.scope import as_service
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
from app.services.payment_methods import detaching, setups
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


_NOW: BindParameter[Any] = bindparam("now", type_=UtcDateTime())
_DAY: BindParameter[Any] = bindparam("day", type_=Date())
_TODAY: BindParameter[Any] = bindparam("today", type_=String())


@cache
def _questions() -> Mapping[str, tuple[Select[Any], ...]]:
    """Return what is due where a kind has anything to do: each as its job looks for it. The others look for themselves.

    Built once, because the worker asks each second.
    """
    return {
        "periods_rolled": (billing_periods.due(_NOW),),
        "months_run": (month_end.due(_NOW),),
        "grants_posted": (select(Grant.id).where(Grant.is_to_begin(_NOW)),),
        "holds_expired": (expiry.due(_NOW),),
        "usage_posted": (posting_schedule.to_post(_DAY),),
        "grants_expired": (select(Grant.id).where(Grant.is_to_expire(_NOW)),),
        "webhooks_worked": (inbox.due(_NOW),),
        "payments_checked": (sweep.due(_NOW),),
        "cash_looked_at": (cash.due(_NOW),),
        "pro_formas_expired": (orders.due(_NOW),),
        "cash_returned": (returns.due(_NOW),),
        "refunds_checked": (refunds.due(_NOW),),
        "setups_checked": (setups.due(_NOW), detaching.to_detach(_NOW)),
        "profiles_sent": (profiles.due(_NOW),),
        "notices_decided": (decisions.with_day_over(_TODAY), decisions.moved()),
        "automatic_charges_made": (trigger.due(_NOW),),
        "interim_invoices_written": (interim.due(),),
        "notices_sent": (decisions.to_send(),),
        "digests_written": (weekly_digest.due(_NOW),),
        "password_resets_written": (resets.due(_NOW),),
        "mails_sent": (sending.due(_NOW),),
        "events_spread": (fan_out.due(_NOW),),
        "webhooks_sent": (deliveries.due(_NOW),),
        "tax_numbers_checked": (checking.to_check(_NOW),),
    }


@cache
def _question(names: tuple[str, ...]) -> Select[Any]:
    columns: list[Any] = [or_(*(each.exists() for each in _questions()[name])).label(name) for name in names]
    return select(*columns)


def _with_nothing_due(names: Iterable[str]) -> Collection[str]:
    """Return the kinds of these that have nothing to do now: one statement asks for all of them.

    Where that fails, as with a table that cannot be read, each looks for itself: what is wrong with one stops no other.
    """
    asked = tuple(name for name in names if name in _questions())
    if not asked:
        return ()
    now = clock.now()
    day = day_of(now).date
    try:
        with as_service("ask what is due"):
            row = db.session.execute(_question(asked), {"now": now, "day": now.date(), "today": day.isoformat()}).one()
    except Exception as problem:  # noqa: BLE001  # whatever it is, the kind that it is about will meet it
        db.session.rollback()
        log.warning("due_not_asked", kind=type(problem).__name__)
        return ()
    return frozenset(name for name, is_due in zip(asked, row, strict=True) if not is_due)


def do(name: str, limit: int) -> int:
    """Do one turn of the kind; return how much was done."""
    return JOBS[name](limit * TOGETHER.get(name, 1))


def run_due(limit: int = 100, *, names: Iterable[str] = tuple(JOBS)) -> dict[str, int]:
    """Do what is due at the clock's now, one turn of each kind; return how many of each were done.

    What has nothing to do is passed over, until the first does something: what it did may be due for those behind it.
    A kind that fails does not keep the others from being done; its failure is raised at the end.
    """
    done, failures = {}, []
    wanted = tuple(names)
    idle = _with_nothing_due(wanted)
    for name in wanted:
        if shutdown.asked():
            break
        if name in idle:
            done[name] = 0
            continue
        try:
            done[name] = do(name, limit)
        except Exception as problem:
            log.exception("job_failed", job=name)
            failures.append(problem)
        if name in _questions() or done.get(name) != 0:
            idle = ()
    if failures:
        raise failures[0]
    return done
