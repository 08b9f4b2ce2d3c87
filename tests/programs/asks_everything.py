"""A program that asks the processor for everything that the portal ever asks for, and writes down whom it called.

`python -m tests.programs.asks_everything FILE` takes its settings from the environment. Python reports to it every
connection and every name looked up, whichever library does it.
"""

import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

CALLED: list[list[str]] = []


def _watch(event: str, details: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        CALLED.append(["connect", *map(str, details[1][:2])])
    elif event in {"socket.getaddrinfo", "socket.gethostbyname"}:
        CALLED.append(["look up", *map(str, details[:2])])
    elif event in {"socket.sendto", "subprocess.Popen", "os.system"}:
        CALLED.append([event, str(details)])


sys.addaudithook(_watch)

from app import clock, ids  # noqa: E402  # what they connect to while they are imported counts too
from app.config import Settings  # noqa: E402
from app.domain.addresses.profile import Profile  # noqa: E402
from app.domain.bank_transfers.accounts import TransferScheme  # noqa: E402
from app.domain.methods import Acceptance, Rail, SetupOrder  # noqa: E402
from app.domain.money import Money  # noqa: E402
from app.domain.payments import ChargeOrder  # noqa: E402
from app.gateways import connect  # noqa: E402
from app.gateways.stripe import client  # noqa: E402

BACK = "https://portal.example/billing/add-credits"


class Asking:
    """A gateway whose calls are noted by name, with the kind of their answer."""

    def __init__(self, settings: Settings) -> None:
        self._gateway = connect.to_processor(settings)
        self.answers: dict[str, str] = {}

    def __call__(self, name: str, /, *args: object, **kwargs: object) -> Any:
        answer = getattr(self._gateway, name)(*args, **kwargs)
        self.answers[name] = type(answer).__name__
        return answer


def ask_everything(asks: Asking) -> None:
    """Make every call of `PaymentGateway`; where an answer is of no use, go on with an id that is nobody's."""
    since, until = clock.now() - timedelta(hours=1), clock.now() + timedelta(hours=1)
    made = asks(
        "create_customer", customer_id="cus_acme", profile=Profile("Acme", "a@acme.example"), key=ids.new("key")
    )
    owner = made if isinstance(made, str) else "cus_1"
    order = SetupOrder(ids.new("set"), "cus_acme", owner, (Rail.CARD, Rail.SEPA_DEBIT))
    setup = getattr(asks("begin_setup", order, key=ids.new("key")), "id", "seti_1")
    acceptance = Acceptance("203.0.113.7", "Firefox", clock.now())
    saved = asks(
        "confirm_setup", setup, method="pm_card_visa", return_url=BACK, acceptance=acceptance, key=ids.new("key")
    )
    method = getattr(getattr(saved, "method", None), "processor_id", "pm_1")
    asks("fetch_setup", setup)
    asks("cancel_setup", setup, key=ids.new("key"))
    asks("fetch_method", method)
    asks("list_methods", owner)
    asks("portal_url", processor_customer=owner, return_url=BACK, key=ids.new("key"))
    intents = []
    for _ in range(2):
        order = ChargeOrder(ids.new("pay"), "cus_acme", owner, Money(2500, "USD"), "Credits")
        intents.append(getattr(asks("create_intent", order, key=ids.new("key")), "id", "pi_1"))
    asks("confirm_intent", intents[0], method=method, return_url=BACK, off_session=False, key=ids.new("key"))
    asks("confirm_one_time", intents[1], rail=Rail.CRYPTO, return_url=BACK, key=ids.new("key"))
    asks("cancel_intent", intents[1], key=ids.new("key"))
    asks("fetch_intent", intents[0])
    order = ChargeOrder(ids.new("pay"), "cus_acme", owner, Money(2500, "USD"), "Team")
    opened = asks("begin_checkout", order, kinds=("card",), return_url=BACK, until=until, key=ids.new("key"))
    checkout = getattr(opened, "id", "cs_1")
    asks("fetch_checkout", checkout)
    asks("end_checkout", checkout, key=ids.new("key"))
    germany = TransferScheme("EUR", "DE")
    asks("bank_account", owner, scheme=germany, key=ids.new("key"))
    asks("pay_from_cash", intents[1], scheme=germany, return_url=BACK, key=ids.new("key"))
    asks("cash_movements", owner, after="")
    asks("return_cash", owner, amount=Money(500, "EUR"), return_id=ids.new("ret"), key=ids.new("key"))
    asks("find_intent", payment_id=order.payment_id, processor_customer=owner, since=since)
    asks("intents_since", since, until)
    asks("events_since", since, until)
    refund = asks(
        "create_refund",
        intent_id=intents[0],
        refund_id=ids.new("ref"),
        payment_id=order.payment_id,
        amount=Money(500, "USD"),
        reason="",
        key=ids.new("key"),
    )
    asks("fetch_refund", getattr(refund, "id", "re_1"))
    asks("refunds_of", intents[0])
    asks("disputes_of", intents[0])
    asks("fetch_dispute", "du_1")
    asks("webhook_endpoints")
    asks("has_customer", owner)
    asks("set_tax_ids", owner, (("eu_vat", "DE136695976"),), key=ids.new("key"))
    asks("update_customer", owner, profile=Profile("Acme", "b@acme.example"), key=ids.new("key"))
    asks("detach_method", method, key=ids.new("key"))


def main() -> None:
    """Ask, and leave what was heard in the file."""
    client.MAX_RETRIES = 0  # what is refused stays refused
    asks = Asking(Settings.from_env())
    ask_everything(asks)
    Path(sys.argv[1]).write_text(json.dumps({"answers": asks.answers, "called": CALLED}))


if __name__ == "__main__":
    main()
