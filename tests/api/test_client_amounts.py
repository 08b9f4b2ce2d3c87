"""Amounts in the Python client: what is none never leaves the process, and near a limit a lease asks seldom."""

from collections.abc import Callable
from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest

from app.models.customers import Customer
from tests.api.test_client import key, library
from tests.support.ports import free_port
from tests.support.server import Server

__all__ = ["key", "library"]
EVENT: dict[str, Any] = {"id": "one", "customer": "acme", "meter": "requests", "quantity": 1}


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda purser: purser.report([EVENT, EVENT | {"quantity": float("nan")}]), "events.1.quantity: nan"),
        (lambda purser: purser.report([EVENT | {"quantity": Decimal(2)}]), "events.0.quantity: a Decimal"),
        (lambda purser: purser.report([EVENT | {"properties": {"seconds": float("inf")}}]), "properties.seconds: inf"),
        (lambda purser: purser.authorize("acme", meter="requests", quantity=float("nan")), "quantity: nan"),
        (lambda purser: purser.call("POST", "/customers", {}, key="two\nlines"), "two"),
    ],
)
def test_what_cannot_be_sent_is_said_at_once(
    library: ModuleType, monkeypatch: pytest.MonkeyPatch, ask: Callable[[Any], object], words: str
) -> None:
    purser, waited = library.Purser(f"http://127.0.0.1:{free_port()}", "sk_none"), list[float]()
    monkeypatch.setattr(purser, "_sleep", waited.append)
    with pytest.raises(library.Invalid) as problem:
        ask(purser)
    assert isinstance(problem.value, ValueError) and words in str(problem.value)
    assert waited == []


def test_a_lease_refuses_what_is_no_amount_before_it_asks(library: ModuleType) -> None:
    purser = library.Purser(f"http://127.0.0.1:{free_port()}", "sk_none")
    money = library.Lease(purser, "acme", credits=Decimal(5))
    units = library.Lease(purser, "acme", meter="requests", quantity=10)
    for amount in (0.1, float("nan"), Decimal("NaN"), Decimal("Infinity"), "1", True, 0, -1, Decimal("0.0000001")):
        with pytest.raises(library.Invalid):
            money.spend(amount)
    for amount in (Decimal("0.5"), 1.0):
        with pytest.raises(library.Invalid):
            units.spend(amount)
    assert (money.refusal, units.refusal) == (None, None)
    for block in ({"credits": 0.5}, {"credits": Decimal(0)}, {"meter": "requests", "quantity": 1.5}):
        with pytest.raises(library.Invalid):
            library.Lease(purser, "acme", **block)


@pytest.mark.parametrize("is_said", [True, False])
def test_near_a_limit_a_lease_asks_seldom_and_spends_all_there_is(
    library: ModuleType, key: str, live_server: Server, acme: Customer, is_said: bool
) -> None:
    purser = library.Purser(live_server.url, key)
    asked = counting(purser, is_said=is_said)
    purser.authorize("acme", meter="requests", quantity=149_854, capture=True)  # 146 are left
    lease = library.Lease(purser, "acme", meter="requests", quantity=1_000, pause=60)
    asked.clear()
    assert [lease.spend(1) for _ in range(200)] == [True] * 146 + [False] * 54
    assert len(asked) <= (16 if is_said else 20)  # and not three for each
    purser.call("POST", "/customers/acme/credit_grants", {"credits": "10", "reason": "More"}, key="more")
    lease._asks_again = 0.0  # the pause is over
    asked.clear()
    assert all(lease.spend(1) for _ in range(3_000))
    assert len(asked) <= 26  # blocks grow again
    lease.settle()
    assert purser.usage.read("acme")["meters"][0]["used"] == 153_000


def counting(purser: Any, *, is_said: bool) -> list[str]:
    """Return a list that gets the path of each request to Purser.

    Unless `is_said`, refusals are as those by a plan's limit, which credit does not say anything of.
    """
    asked, call = list[str](), purser.call

    def counted(method: str, path: str, *args: Any, **kwargs: Any) -> Any:
        asked.append(path)
        said = call(method, path, *args, **kwargs)
        refused_by_plan = not is_said and said.get("allowed") is False
        return said | {"reason": "plan_limit", "credits": "0"} if refused_by_plan else said

    purser.call = counted
    return asked
