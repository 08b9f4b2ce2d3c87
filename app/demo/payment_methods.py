"""Test methods that are saved at once, as nobody is there to fill in a form: in the demo's history and in tests."""

from app.domain.mandates import SEPA_VERSION
from app.domain.methods import Rail, SetupState
from app.domain.people.members import Actor
from app.gateways.test_methods import SAVED
from app.models.database import db
from app.models.payments import PaymentMethod
from app.models.scope import as_service
from app.services.payment_methods import setups


def add_test_method(actor: Actor, name: str) -> PaymentMethod:
    """Save one of the processor's named test methods (`pm_card_visa`, …); the first one becomes the default.

    Refuses (422) a method that the bank does not let save, (503) when the processor does not answer. One that asks the
    customer something first is saved by `setups.begin`. A debit's mandate counts as accepted.
    """
    rail = SAVED[name].rail if name in SAVED else Rail.CARD
    setup = setups.begin(
        actor,
        kind=rail,
        test_method=name,
        address="127.0.0.1",
        user_agent="test method",
        mandate_text_version=SEPA_VERSION,
    )
    if setup.state != SetupState.SUCCEEDED or setup.method_id is None:
        raise setups.refusal(setup)
    with as_service("read the method that was just saved"):
        return db.session.get_one(PaymentMethod, setup.method_id)
