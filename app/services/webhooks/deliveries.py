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

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import clock
from app.domain.webhooks import TRIES, Answer, Answered, Unanswered, Verdict, verdict, wait, words
from app.gateways import webhook_sender
from app.models.bulk import insert_new
from app.models.database import db
from app.models.scope import as_service
from app.models.webhooks import SellerEndpoint, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from app.services import audit, due_rows, encryption, shutdown
from app.services.transaction import no_transaction, transaction
from app.services.webhooks import endpoints, queue
from app.services.webhooks.queue import DEAD, DELIVERED, DROPPED, PENDING

log = structlog.get_logger()
AT_ONCE = 16
"""How many are under way at the same time: one address that hangs must not keep the others."""
LEASE = timedelta(minutes=2)  # longer than one round can take
PAUSE = timedelta(seconds=30)
"""How long what else is due for an address waits that did not answer at all."""
INTERRUPTED = "The attempt was interrupted."
UNREADABLE = "Its signing secret cannot be read: make a new one."
UNSENDABLE = "The request could not be made."
GONE = "It answered 410: it no longer accepts events."


@dataclass(frozen=True)
class Claim:
    """A delivery that is this worker's for now, and all that it takes to make it."""

    customer_id: str
    delivery_id: str
    event_id: str
    endpoint_id: str
    to_seller: bool
    attempt: int
    url: str
    body: str
    secrets: tuple[str, ...]


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


def _waiting(limit: int, but: Sequence[str]) -> Sequence[str]:
    """Return the ids of those that are due the longest, but for those that could not be claimed just now."""
    due = select(WebhookDelivery.id).where(
        WebhookDelivery.state == PENDING, WebhookDelivery.next_try_at <= clock.now(), WebhookDelivery.id.not_in(but)
    )
    in_order = due.order_by(WebhookDelivery.next_try_at, WebhookDelivery.sequence, WebhookDelivery.id)
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
        found = _endpoints(session, due)
        mine = [claim for each in due if (claim := _taken(each, found.get(each.endpoint_id))) is not None]
    claims += mine
    return len(due)


def _endpoints(session: Session, due: Sequence[WebhookDelivery]) -> dict[str, WebhookEndpoint | SellerEndpoint]:
    own = {each.endpoint_id for each in due if not each.to_seller}
    sellers = {each.endpoint_id for each in due if each.to_seller}
    found: list[WebhookEndpoint | SellerEndpoint] = []
    if own:
        rows = select(WebhookEndpoint).where(WebhookEndpoint.id.in_(own))
        found += session.scalars(rows.execution_options(populate_existing=True))
    if sellers:
        theirs = select(SellerEndpoint).where(SellerEndpoint.id.in_(sellers))
        found += session.scalars(theirs.execution_options(populate_existing=True))
    return {each.id: each for each in found}


def _taken(row: WebhookDelivery, endpoint: WebhookEndpoint | SellerEndpoint | None) -> Claim | None:
    """Mark the delivery as this worker's.

    One without an endpoint is dropped; one that too many workers were killed over is dead.
    """
    now = clock.now()
    if endpoint is None or endpoint.state != endpoints.ACTIVE:
        why = "The address was removed." if endpoint is None else endpoint.disabled_reason
        row.state, row.problem, row.done_at = DROPPED, why, now
        return None
    if row.problem == INTERRUPTED and row.tries and row.tries % TRIES == 0:
        row.state, row.done_at = DEAD, now
        log.error("webhook_dead", delivery=row.id, why=INTERRUPTED, tries=row.tries)
        return None
    row.tries += 1
    row.next_try_at, row.problem = now + LEASE, INTERRUPTED
    try:
        signing = endpoints.secrets_of(endpoint)
    except encryption.CannotDecrypt:
        signing = ()
    return Claim(
        customer_id=row.customer_id,
        delivery_id=row.id,
        event_id=row.event_id,
        endpoint_id=endpoint.id,
        to_seller=row.to_seller,
        attempt=row.tries,
        url=endpoint.url,
        body=row.body,
        secrets=signing,
    )


def _answers(claims: Sequence[Claim]) -> list[Answer]:
    """Send them all at once, outside any transaction; return what came of each."""
    no_transaction()
    now, loopback = clock.now(), endpoints.allow_loopback()

    def send(claim: Claim) -> Answer:
        if not claim.secrets:
            return Unanswered(UNREADABLE, 0)
        try:
            headers = webhook_sender.signed(claim.secrets, claim.event_id, now, claim.body)
            return webhook_sender.post(claim.url, claim.body, headers, allow_loopback=loopback)
        except Exception:  # no delivery keeps the answers of the others from being noted
            log.exception("webhook_failed", delivery=claim.delivery_id)
            return Unanswered(UNSENDABLE, 0)

    if len(claims) < 2:
        return [send(claim) for claim in claims]
    with ThreadPoolExecutor(max_workers=len(claims)) as senders:
        return list(senders.map(send, claims))


def _finish(claim: Claim, answer: Answer) -> int:
    """Note how the try ended and return 1, unless the lease was over and somebody else has it by now."""
    now, meant = clock.now(), verdict(answer)
    problem = words(answer)
    values: dict[str, object] = {
        "problem": problem,
        "last_status": answer.status if isinstance(answer, Answered) else None,
    }
    pause = wait(claim.attempt, secrets.randbelow(1000))
    if meant is Verdict.DELIVERED:
        values |= {"state": DELIVERED, "done_at": now}
    elif meant is Verdict.GONE:
        values |= {"state": DROPPED, "done_at": now}
    elif pause is None:
        values |= {"state": DEAD, "done_at": now}
    else:
        values["next_try_at"] = now + pause
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
            _disable(session, claim)
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
            "url": claim.url,
            "status": answer.status if isinstance(answer, Answered) else None,
            "problem": problem,
            "duration_ms": answer.duration_ms,
        },
    )


def _disable(session: Session, claim: Claim) -> None:
    """Switch the endpoint off, unless it has another address by now than the one that answered."""
    table = SellerEndpoint if claim.to_seller else WebhookEndpoint
    off = session.execute(
        update(table)
        .where(table.id == claim.endpoint_id, table.url == claim.url, table.state == endpoints.ACTIVE)
        .values(state=endpoints.DISABLED, disabled_reason=GONE, changed_at=clock.now())
        .returning(table.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if off is None:
        return
    if claim.to_seller:
        log.info("seller_endpoint_disabled", id=claim.endpoint_id, by="worker", why="410")
    else:
        audit.record(session, claim.customer_id, "worker", "webhook.disabled", claim.endpoint_id, after={"why": "410"})


def _let_others_wait(claim: Claim, answer: Answer) -> None:
    """Spare an address that does not answer, or wants no more: in a transaction that locks nothing of this delivery."""
    gone = verdict(answer) is Verdict.GONE
    if not gone and not isinstance(answer, Unanswered):
        return
    with transaction() as session:
        if gone:
            queue.drop(session, claim.endpoint_id, GONE)
        else:
            queue.put_off(session, claim.endpoint_id, PAUSE)
