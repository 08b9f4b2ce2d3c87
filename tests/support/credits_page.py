"""The page of adding credits, as its tests use it."""

import pytest

from app.domain.people.members import Actor
from app.models.payments import PaymentMethod
from tests.support import shop

FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def visa(alice_actor: Actor) -> PaymentMethod:
    """A card of Acme's that pays."""
    return shop.add_method(alice_actor)
