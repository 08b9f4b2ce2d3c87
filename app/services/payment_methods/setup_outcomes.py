"""What the processor's answer makes of a setup: recorded in one transaction, forward only, the method kept once."""

from datetime import datetime

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.methods import (
    OPEN_SETUPS,
    SETUP_ARROWS,
    UNAVAILABLE,
    Setup,
    SetupAnswer,
    SetupState,
    SetupStatus,
)
from app.domain.payments import SavedMethod, next_check
from app.models.setups import MethodSetup
from app.services.payment_methods import mandates, rows
from app.services.transaction import transaction

log = structlog.get_logger()


def record(setup_id: str, answer: SetupAnswer, refused: str, otherwise: str, now: datetime) -> None:
    """Bring the setup to where the answer says it is.

    A cancelled one failed with the code `refused`, or without a code was given up, as `otherwise` says.
    """
    with transaction() as session:
        setup = session.scalars(
            select(MethodSetup)
            .where(MethodSetup.id == setup_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).one()
        if setup.state not in OPEN_SETUPS:
            return
        setup.next_check_at = now + next_check(now - setup.created_at)
        if not isinstance(answer, Setup):
            setup.problem = refused or setup.problem
            return
        ours = (setup.processor_id, setup.id, setup.customer_id)
        if ours != (answer.id, answer.setup_id, answer.customer_id):
            log.error("setup_needs_review", setup=setup.id, why="another_setup")
            setup.problem = "another_setup"
            return
        match answer.status:
            case SetupStatus.SUCCEEDED if answer.method is not None:
                _succeed(session, setup, answer, answer.method, now)
            case SetupStatus.CANCELED:
                _end(setup, refused, otherwise, now)
            case SetupStatus.REQUIRES_ACTION:
                _wait(setup, SetupState.REQUIRES_ACTION, answer.action_url, now)
            case SetupStatus.PROCESSING:
                _wait(setup, SetupState.PROCESSING, "", now)
            case _:
                setup.problem = refused or setup.problem


def _succeed(session: Session, setup: MethodSetup, answer: Setup, method: SavedMethod, now: datetime) -> None:
    kept = rows.keep(
        session,
        setup.customer_id,
        method,
        actor=setup.member_id,
        address=setup.address,
        now=now,
        since=setup.created_at,
    )
    if setup.mandate_id is not None:
        mandates.complete(session, setup.customer_id, setup.mandate_id, kept.id, answer.mandate)
    setup.state, setup.updated_at = SetupState.SUCCEEDED.value, now
    setup.method_id, setup.action_url, setup.problem = kept.id, "", ""


def _wait(setup: MethodSetup, state: SetupState, action_url: str, now: datetime) -> None:
    """Move forward to `state`; a status that came late moves nothing back."""
    if state in SETUP_ARROWS[SetupState(setup.state)]:
        setup.state, setup.updated_at = state.value, now
    if state == setup.state:
        setup.action_url, setup.problem = action_url, ""


def _end(setup: MethodSetup, refused: str, otherwise: str, now: datetime) -> None:
    """It is cancelled at the processor: nothing was saved and nothing will be."""
    declined = bool(refused) and refused != UNAVAILABLE
    setup.state = (SetupState.FAILED if declined else SetupState.CANCELED).value
    setup.problem, setup.action_url, setup.updated_at = (refused or otherwise)[:100], "", now
