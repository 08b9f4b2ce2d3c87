"""Deliveries of events to webhooks: retried on a schedule until they arrive or are dead, visibly (I29).

Each is claimed by one worker at a time: for a lease, and under the number of the try. What is sent is the same at
every try (`webhook-id`, body), so that whoever gets it twice can see that.
"""

import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from app import clock
from app.domain.messages import chat
from app.domain.webhooks import TRIES, Answer, Answered, Unanswered, Verdict, asked_to_wait, wait
from app.later import later
from app.models.bulk import insert_new
from app.models.database import Moment, db
from app.models.scope import as_service
from app.models.webhooks import WebhookAttempt, WebhookDelivery
from app.services import audit, due_rows, shutdown
from app.services.transaction import no_transaction, transaction
from app.services.webhooks import destinations, endpoints, queue
from app.services.webhooks.destinations import Destination
from app.services.webhooks.queue import DEAD, DELIVERED, DROPPED, PENDING

if TYPE_CHECKING:
    from app.gateways import webhook_sender
else:  # with requests and urllib3, for which a start need not wait
    webhook_sender = later("app.gateways.webhook_sender")

log = structlog.get_logger()
AT_ONCE = 16
"""How many are under way at the same time: one address that hangs must not keep the others."""
LEASE = timedelta(minutes=2)  # longer than one round can take
PAUSE = timedelta(seconds=30)
"""How long what else is due for an address waits that did not answer at all."""
INTERRUPTED = "The attempt was interrupted."
UNSENDABLE = "The request could not be made."
REMOVED = "The address was removed."
OTHER_FORM = "It was written for another kind of chat."


@dataclass(frozen=True)
class Claim:
    """A delivery that is this worker's for now, and all that it takes to make it."""

    customer_id: str
    delivery_id: str
    event_id: str
    to: Destination
    attempt: int
    body: str


def send_due(limit: int = 100) -> int:
    """Try what is due, at most so many; return how many tries were made. Any number of workers may do so."""
    tried, bad = 0, list[str]()
    with as_service("send webhooks"):
        while tried < limit and not shutdown.asked():
            waiting, claims = _waiting(min(AT_ONCE, limit - tried), bad), list[Claim]()
            claim = partial(_claim, claims)
            taken = due_rows.together(waiting, claim, of="delivery", failed="webhook_not_claimed")
            if not taken.count and not taken.failed:
                break
            bad += taken.failed
            for each, answer in zip(claims, _answers(claims), strict=True):
                finish = partial(_finish, each, answer)
                due_rows.one(finish, failed="webhook_not_noted", delivery=each.delivery_id)
            tried += len(claims)
    return tried


def due(now: Moment) -> Select[str]:
    """Ask for deliveries that are to be tried."""
    return select(WebhookDelivery.id).where(WebhookDelivery.state == PENDING, WebhookDelivery.next_try_at <= now)


def _waiting(limit: int, but: Sequence[str]) -> Sequence[str]:
    """Return the ids of those that are due the longest, but for those that could not be claimed just now."""
    others = due(clock.now()).where(WebhookDelivery.id.not_in(but))
    in_order = others.order_by(WebhookDelivery.next_try_at, WebhookDelivery.sequence, WebhookDelivery.id)
    return db.session.scalars(in_order.limit(limit)).all()


def _claim(claims: list[Claim], delivery_ids: Sequence[str]) -> int:
    """Take these, and add them to the claims: nobody else takes them before the lease is over. Return how many went."""
    now = clock.now()
    with transaction() as session:
        due = session.scalars(
            select(WebhookDelivery)
            .where(
                WebhookDelivery.id.in_(delivery_ids),
                WebhookDelivery.state == PENDING,
                WebhookDelivery.next_try_at <= now,
            )
            .order_by(WebhookDelivery.next_try_at, WebhookDelivery.sequence, WebhookDelivery.id)
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        ).all()
        found = destinations.rows_of(session, due)
        mine = [claim for each in due if (claim := _taken(each, found.get(each.endpoint_id))) is not None]
    claims += mine
    return len(due)


def _taken(row: WebhookDelivery, endpoint: destinations.Row | None) -> Claim | None:
    """Mark the delivery as this worker's.

    One without an endpoint is dropped; one that too many workers were killed over is dead.
    """
    now = clock.now()
    if endpoint is None or endpoint.state != endpoints.ACTIVE:
        why = REMOVED if endpoint is None else endpoint.disabled_reason
        row.state, row.problem, row.done_at = DROPPED, why, now
        return None
    if row.problem == INTERRUPTED and row.tries and row.tries % TRIES == 0:
        row.state, row.done_at = DEAD, now
        log.error("webhook_dead", delivery=row.id, why=INTERRUPTED, tries=row.tries)
        return None
    to, was_interrupted, body = destinations.of(endpoint), row.problem == INTERRUPTED, row.body
    if to.form and not chat.is_in(to.form, body):
        row.state, row.problem, row.done_at = DROPPED, OTHER_FORM, now
        return None
    if to.form and chat.may_have_arrived(row.tries, row.last_status, was_interrupted=was_interrupted):
        body = chat.again(to.form, body)
    row.tries += 1
    row.next_try_at, row.problem = now + LEASE, INTERRUPTED
    return Claim(row.customer_id, row.id, row.event_id, to, row.tries, body)


def _answers(claims: Sequence[Claim]) -> list[Answer]:
    """Send them all at once, outside any transaction; return what came of each."""
    no_transaction()
    now, loopback = clock.now(), endpoints.allow_loopback()

    def send(claim: Claim) -> Answer:
        to = claim.to
        if to.unreadable:
            return Unanswered(to.unreadable, 0)
        try:
            headers = {} if to.form else webhook_sender.signed(to.secrets, claim.event_id, now, claim.body)
            return webhook_sender.post(to.url, claim.body, headers, allow_loopback=loopback)
        except Exception:  # no delivery keeps the answers of the others from being noted
            log.exception("webhook_failed", delivery=claim.delivery_id)
            return Unanswered(UNSENDABLE, 0)

    if len(claims) < 2:
        return [send(claim) for claim in claims]
    with ThreadPoolExecutor(max_workers=len(claims)) as senders:
        return list(senders.map(send, claims))


def _finish(claim: Claim, answer: Answer) -> int:
    """Note how the try ended and return 1, unless the lease was over and somebody else has it by now."""
    now, meant, problem = clock.now(), claim.to.verdict(answer), claim.to.words(answer)
    values: dict[str, object] = {
        "problem": problem,
        "last_status": answer.status if isinstance(answer, Answered) else None,
    }
    pause = wait(claim.attempt, secrets.randbelow(1000))
    asked = asked_to_wait(answer)
    if meant is Verdict.DELIVERED:
        values |= {"state": DELIVERED, "done_at": now}
    elif meant is Verdict.GONE:
        values |= {"state": DROPPED, "done_at": now}
    elif pause is None or meant is Verdict.REFUSED:
        values |= {"state": DEAD, "done_at": now}
    else:
        values["next_try_at"] = now + (max(pause, asked) if asked else pause)
    with transaction() as session:
        mine = session.execute(
            update(WebhookDelivery)
            .where(
                WebhookDelivery.customer_id == claim.customer_id,
                WebhookDelivery.id == claim.delivery_id,
                WebhookDelivery.state == PENDING,
                WebhookDelivery.tries == claim.attempt,
            )
            .values(**values)
            .returning(WebhookDelivery.id)
            .execution_options(synchronize_session=False)
        ).scalar_one_or_none()
        _log(session, claim, answer, problem)
        if meant is Verdict.GONE:
            _switch_off(session, claim, problem, values["last_status"])
    if mine is None:
        log.warning("webhook_taken_over", delivery=claim.delivery_id, tries=claim.attempt)
    elif values.get("state") == DEAD:
        log.error("webhook_dead", delivery=claim.delivery_id, why=problem, tries=claim.attempt)
    _let_others_wait(claim, answer)
    return 1


def _log(session: Session, claim: Claim, answer: Answer, problem: str) -> None:
    insert_new(
        session,
        WebhookAttempt,
        {
            "customer_id": claim.customer_id,
            "delivery_id": claim.delivery_id,
            "number": claim.attempt,
            "at": clock.now(),
            "url": claim.to.shown,
            "status": answer.status if isinstance(answer, Answered) else None,
            "problem": problem,
            "duration_ms": answer.duration_ms,
        },
    )


def _switch_off(session: Session, claim: Claim, problem: str, status: object) -> None:
    """Switch it off that wants no more, unless it has another address by now than the one that answered."""
    if not destinations.switch_off(session, claim.to, problem):
        return
    if claim.to.to_seller:
        log.info("seller_endpoint_disabled", id=claim.to.id, by="worker", why=str(status))
        return
    what = "chat.disabled" if claim.to.form else "webhook.disabled"
    audit.record(session, claim.customer_id, "worker", what, claim.to.id, after={"why": str(status)})


def _let_others_wait(claim: Claim, answer: Answer) -> None:
    """Spare an address that does not answer, or wants no more: in a transaction that locks nothing of this delivery."""
    gone, asked = claim.to.verdict(answer) is Verdict.GONE, asked_to_wait(answer)
    pause = PAUSE if isinstance(answer, Unanswered) else asked
    if not gone and pause is None:
        return
    with transaction() as session:
        if gone:
            queue.drop(session, claim.to.id, claim.to.words(answer))
        elif pause is not None:
            queue.put_off(session, claim.to.id, pause)
