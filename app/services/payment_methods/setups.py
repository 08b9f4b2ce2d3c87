"""Save a payment method: a setup that is committed first, taken to the processor, and kept once it says so.

`settle` is the one function that any answer, webhook, return from the bank or sweep calls. It may run any number of
times, at once, and be killed anywhere: nothing else saves a method that a customer adds here.
"""

from dataclasses import replace
from datetime import datetime

import structlog
from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from app import clock, ids
from app.domain.errors import NotFound, Refused
from app.domain.language import _
from app.domain.mandates import MandateText
from app.domain.methods import (
    MOST_METHODS,
    MOST_SETUPS,
    OPEN_SETUPS,
    SAVED_RAILS,
    SETUPS_WITHIN,
    UNAVAILABLE,
    Acceptance,
    Rail,
    Setup,
    SetupOrder,
    SetupState,
    SetupStatus,
    is_unconfirmed,
    setup_is_over,
    setup_problem,
)
from app.domain.payments import FIRST_CHECK, MISSING, Declined, Misused, Unknown
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import Moment, db
from app.models.payments import PaymentMethod
from app.models.scope import as_service
from app.models.setups import MethodSetup
from app.services import due_rows, portal_links
from app.services.catalog import versions
from app.services.payment_methods import detaching, lost_customers, mandates, rows, setup_outcomes
from app.services.processor import customers
from app.services.processor.gateway import gateway
from app.services.transaction import transaction

log = structlog.get_logger()
_OPEN = [state.value for state in OPEN_SETUPS]


def begin(
    actor: Actor,
    *,
    kind: Rail,
    test_method: str = "",
    back: str = "",
    address: str = "",
    user_agent: str = "",
    mandate_text_version: str = "",
) -> MethodSetup:
    """Begin to save a method and return the setup as it then stands.

    With a `test_method` (sandbox) it goes as far as it can now: `succeeded` with its `method_id`, `requires_action`
    with the `action_url` to send the customer to, or over with its `problem` (`refusal` says it in words). Without
    one it waits for the processor's form in the browser (`client_secret`). `back` is the path of ours that the
    customer goes back to; `mandate_text_version` says which mandate was accepted, for a debit.

    Refuses (422) a kind that the seller does not take and a mandate that was not accepted, (409) more methods than may
    be saved, (429) more tries in an hour than a customer needs, (503) when the processor does not answer.
    """
    text = _check(actor.customer_id, kind, mandate_text_version)
    owner = customers.of(actor.customer_id)
    setup = _open_setup(actor, kind, test_method, back, address, user_agent, text)
    setup_id, accepted = setup.id, _acceptance(setup)
    order = SetupOrder(setup_id=setup_id, customer_id=actor.customer_id, processor_customer=owner, kinds=(kind,))
    with as_service("save a payment method"):
        made = gateway().begin_setup(order, key=f"{setup_id}:create")
        if isinstance(made, Misused) and made.code == MISSING:  # deleted at the processor: made again, by its own key
            again = lost_customers.replaced(actor.customer_id, owner)
            if isinstance(again, str) and again != owner:
                order = replace(order, processor_customer=again)
                made = gateway().begin_setup(order, key=f"{setup_id}:create:{again}")
        if not isinstance(made, Setup):
            # Without its id nobody can confirm it: nothing is saved, for certain.
            return _abandon(setup_id, UNAVAILABLE if isinstance(made, Unknown) else made.code or "refused")
        if not _save_id(setup_id, made.id) or not test_method:
            return _load(setup_id)
        answer = gateway().confirm_setup(
            made.id,
            method=test_method,
            return_url=return_url(setup_id),
            acceptance=accepted,
            key=f"{setup_id}:confirm",
        )
        match answer:
            case Declined(code=code) | Misused(code=code):
                return settle(setup_id, refused=code or "refused")
            case Unknown():
                return settle(setup_id, refused=UNAVAILABLE)
            case Setup():
                return settle(setup_id)


def return_url(setup_id: str) -> str:
    """Return where the bank, the wallet or the processor's form sends the customer back to."""
    return portal_links.page("payment_methods.returned", setup_id=setup_id)


def settle(setup_id: str, *, refused: str = "", returned: bool = False, give_up: bool = False) -> MethodSetup:
    """Bring the setup to where the processor says it is, keep its method once, and return it.

    `refused` is why the processor has just said no, `returned` that the customer is back from the bank or the form:
    what is still unconfirmed then is given up *at the processor* first, so that it cannot be saved later. With
    `give_up` so is one that waits for the customer.
    """
    with as_service("settle a setup"):
        setup = _load(setup_id)
        if setup.state not in OPEN_SETUPS or setup.processor_id is None:
            return setup
        processor_id, customer_id, now = setup.processor_id, setup.customer_id, clock.now()
        age, in_sandbox = now - setup.created_at, bool(setup.test_method)
        answer = gateway().fetch_setup(processor_id)
        if isinstance(answer, Setup) and (
            setup_is_over(answer, age, alone=in_sandbox)
            or (is_unconfirmed(answer) and (refused or returned or give_up))
            or (give_up and answer.status is SetupStatus.REQUIRES_ACTION)
        ):
            refused = refused or answer.decline_code
            answer = gateway().cancel_setup(processor_id, key=f"{setup_id}:cancel")
        setup_outcomes.record(setup_id, answer, refused, "given_up" if give_up else "not_confirmed", now)
        detaching.of_customer(customer_id)
        return _load(setup_id)


def get(setup_id: str) -> MethodSetup:
    """Return the customer's setup as it stands, or `NotFound`."""
    return _load(setup_id)


def client_secret(setup_id: str) -> str:
    """Return the secret that the processor's form in the browser works with, or nothing when it is not there now.

    It is asked for each time: never stored, never logged.
    """
    setup = _load(setup_id)
    if setup.state not in OPEN_SETUPS or setup.processor_id is None:
        return ""
    answer = gateway().fetch_setup(setup.processor_id)
    return answer.client_secret if isinstance(answer, Setup) else ""


def under_way() -> list[MethodSetup]:
    """Return the customer's setups that wait for the customer or for a bank, the newest first."""
    waiting = [SetupState.REQUIRES_ACTION.value, SetupState.PROCESSING.value]
    found = select(MethodSetup).where(MethodSetup.state.in_(waiting))
    return list(db.session.scalars(found.order_by(MethodSetup.created_at.desc(), MethodSetup.id.desc()).limit(10)))


def refusal(setup: MethodSetup) -> Refused:
    """Return why the setup did not save a method, in words."""
    if setup.state == SetupState.REQUIRES_ACTION:
        return Refused(
            _("This payment method is waiting for your confirmation at the bank."),
            "action_required",
            409,
            "test_method",
        )
    if setup.problem == UNAVAILABLE or setup.state in OPEN_SETUPS:
        return customers.UNAVAILABLE.copied()
    return Refused(*setup_problem(setup.problem), 422, "test_method")


def sweep_due(limit: int) -> int:
    """Settle setups that stopped on the way, and detach removed methods; return how many of both."""
    with as_service("sweep open setups"):
        looked = due_rows.each(due_rows.claimed(limit, _claim), _look_at, of="setup", failed="setup_check_failed")
    return looked + detaching.due(limit)


def due(now: Moment) -> Select[MethodSetup]:
    """Ask for open setups whose next check is due."""
    return select(MethodSetup).where(MethodSetup.state.in_(_OPEN), MethodSetup.next_check_at <= now)


def _claim() -> str | None:
    """Claim the setup that is due the longest: nobody else looks at it before the next check is due."""
    now = clock.now()

    def take(setup: MethodSetup) -> str:
        setup.next_check_at = now + FIRST_CHECK
        setup.tries += 1
        return setup.id

    return due_rows.claim(due(now).order_by(MethodSetup.next_check_at, MethodSetup.id), take)


def _look_at(setup_id: str) -> int:
    if _load(setup_id).processor_id is None:
        _abandon(setup_id, "not_confirmed")  # killed before its id was saved: nobody can confirm it
    else:
        settle(setup_id)
    return 1


def _check(customer_id: str, kind: Rail, accepted: str) -> MandateText | None:
    """Refuse what may not be begun; return the mandate that was accepted, where one is needed."""
    with as_service("see which payment methods the seller takes"):
        catalog = versions.of(db.session.get_one(Customer, customer_id))
        many = db.session.scalar(
            select(func.count())
            .select_from(PaymentMethod)
            .where(PaymentMethod.customer_id == customer_id, PaymentMethod.removed_at.is_(None))
        )
    if catalog.payment_methods.manage == "processor_portal":
        raise Refused(_("Payment methods are added in our payment processor's portal."), "managed_elsewhere")
    if kind not in SAVED_RAILS or kind not in catalog.payment_methods.kinds:
        raise Refused(_("This kind of payment method is not accepted here."), "kind_not_taken", 422, "kind")
    if (many or 0) >= MOST_METHODS:
        words = _("You have {most} payment methods. Remove one before you add another.", most=MOST_METHODS)
        raise Refused(words, "too_many_methods")
    if kind is not Rail.SEPA_DEBIT:
        return None
    text = mandates.current(catalog)
    mandates.check_accepted(accepted, text)
    return text


def _open_setup(
    actor: Actor, kind: Rail, test_method: str, back: str, address: str, user_agent: str, text: MandateText | None
) -> MethodSetup:
    now = clock.now()
    with as_service("begin to save a payment method"), transaction() as session:
        _check_tries(session, actor.customer_id, now)
        mandate = mandates.keep(session, actor, text, address=address, user_agent=user_agent) if text else None
        setup = MethodSetup(
            id=ids.new("set"),
            customer_id=actor.customer_id,
            member_id=actor.member_id,
            kind=kind.value,
            test_method=test_method[:100],
            state=SetupState.CREATED.value,
            back=back if len(back) <= 500 else "",
            mandate_id=mandate.id if mandate else None,
            address=address[:45],
            user_agent=user_agent[:500],
            tries=0,
            created_at=now,
            updated_at=now,
            next_check_at=now + FIRST_CHECK,
        )
        session.add(setup)
    return setup


def _check_tries(session: Session, customer_id: str, now: datetime) -> None:
    """Refuse (429) one more when many were begun of late: counted by the rows, whichever page or process began them."""
    rows.lock_customer(session, customer_id)  # two at once count each other
    mine = (MethodSetup.customer_id == customer_id, MethodSetup.created_at > now - SETUPS_WITHIN)
    if (session.scalar(select(func.count()).select_from(MethodSetup).where(*mine)) or 0) >= MOST_SETUPS:
        raise Refused(_("Too many tries. Wait an hour, then try again."), "too_many_tries", 429)


def _acceptance(setup: MethodSetup) -> Acceptance | None:
    """Return what goes along with what is no card: that the customer agreed to be charged, when and from where."""
    return None if setup.kind == Rail.CARD else Acceptance(setup.address, setup.user_agent, setup.created_at)


def _save_id(setup_id: str, processor_id: str) -> bool:
    """Commit the processor's id; return False when the sweep was quicker and gave the setup up."""
    with transaction() as session:
        known = session.execute(
            update(MethodSetup)
            .where(MethodSetup.id == setup_id, MethodSetup.state == SetupState.CREATED.value)
            .values(processor_id=processor_id, updated_at=clock.now())
            .returning(MethodSetup.id)
            .execution_options(synchronize_session=False)
        ).scalar_one_or_none()
    return known is not None


def _abandon(setup_id: str, problem: str) -> MethodSetup:
    """End a setup whose id at the processor nobody knows."""
    with transaction() as session:
        session.execute(
            update(MethodSetup)
            .where(MethodSetup.id == setup_id, MethodSetup.state.in_(_OPEN), MethodSetup.processor_id.is_(None))
            .values(state=SetupState.CANCELED.value, problem=problem[:100], updated_at=clock.now())
            .execution_options(synchronize_session=False)
        )
    return _load(setup_id)


def _load(setup_id: str) -> MethodSetup:
    found = select(MethodSetup).where(MethodSetup.id == setup_id).execution_options(populate_existing=True)
    setup = db.session.scalars(found).one_or_none()
    if setup is None:
        raise NotFound("payment method")
    return setup
