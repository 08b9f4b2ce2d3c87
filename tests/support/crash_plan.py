"""The plan of one crash run: who does what at the same time, who is killed where, and the processor's faults.

A plan is drawn from a seed and a number alone, so that the same plan can be played again.
"""

import random
from dataclasses import asdict, dataclass, replace
from typing import Any

BEFORE = ("refuse", "reset_before", "timeout_before", "500_before", "409", "429")
AFTER = ("reset_after", "timeout_after", "500_after")
ASTRAY = ("duplicate", "reorder", "lose", "late")
CALLS = ("create_intent", "confirm_intent", "fetch_intent", "cancel_intent", "list_intents", "*", "*")
EVENTS = ("event:*", "event:*", "event:payment_intent.succeeded", "event:payment_intent.created")
AMOUNTS = (2500, 2500, 4000)
FORMS = 2
FIRST = ("buy",)
MINUTE, DAY = 60, 86_400


@dataclass(frozen=True)
class World:
    """What a plan is drawn from: the catalog, with which methods is paid, and what may happen beside buying."""

    catalog: str
    methods: tuple[str, ...]
    steps: tuple[str, ...] = ("buy", "buy", "work", "work", "return", "return", "give_up")


REVERSALS = ("refund", "refund", "dashboard_refund", "dispute", "decide")
CARDS = World("gateway", ("visa", "visa", "visa", "poor", "asks"))
WALLETS = World(
    "gateway",
    ("visa", "asks", "paypal", "paypal_once", "crypto_once"),
    (
        "buy",
        "charge",
        "charge",
        "work",
        "work",
        "return",
        "return",
        "refuse",
        "give_up",
        "resume",
        "resume",
        "save",
        "forget",
    ),
)
DEBITS = World(
    "platform",
    ("sepa", "sepa", "sepa_fails", "sepa_disputed", "visa"),
    ("buy", "charge", "work", "work", "work", "save", "forget", *REVERSALS),
)
MONEY_BACK = World(
    "gateway", ("visa", "visa", "refund_late", "refund_fails", "disputed"), ("buy", "work", "work", *REVERSALS)
)
WORLDS = (CARDS, CARDS, WALLETS, DEBITS, MONEY_BACK)
"""One after the other: every second run is about cards alone."""


@dataclass(frozen=True)
class Kill:
    """Where a process dies (kill -9): at the `at`-th of its kill points of this kind; see `kill_points`."""

    what: str
    at: int = 1


@dataclass(frozen=True)
class Step:
    """What one process does."""

    do: str
    form: int = 0
    method: str = ""
    amount: int = 2500
    part: int = 0
    """How much goes back, for what sends money back; 0: all of it."""
    kill: Kill | None = None


@dataclass(frozen=True)
class Wave:
    """What happens at the same moment, so many seconds after the wave before."""

    after: int
    steps: tuple[Step, ...]
    faults: tuple[tuple[str, str, int], ...] = ()


@dataclass(frozen=True)
class Plan:
    """One run: a customer of its own, and what happens to their purchases."""

    name: str
    waves: tuple[Wave, ...]
    catalog: str = "gateway"


def to_json(plan: Plan) -> dict[str, Any]:
    """Return the plan as it is handed to another process."""
    return asdict(plan)


def from_json(data: dict[str, Any]) -> Plan:
    """Read what `to_json` wrote."""
    return Plan(data["name"], tuple(_wave_from(wave) for wave in data["waves"]), data["catalog"])


def draw(seed: str, number: int, world: World) -> Plan:
    """Draw the plan of this number."""
    chance = random.Random(f"{seed}:{number}")  # noqa: S311  # replayed, not secret
    forms = [(chance.choice(world.methods), chance.choice(AMOUNTS)) for _ in range(FORMS)]
    waves = [_wave(chance, forms, FIRST, (0,))]
    days = (0, 1, 30, 5 * MINUTE, 30 * MINUTE, DAY + MINUTE, *((3 * DAY,) if world is DEBITS else ()))
    waves += [_wave(chance, forms, world.steps, days) for _ in range(chance.randrange(2, 5))]
    return Plan(f"{seed}:{number}", tuple(waves), world.catalog)


def calm(number: int, world: World) -> Plan:
    """Return a plan in which nothing goes wrong: bought, and worked on."""
    buy = Step("buy", 0, world.methods[number % len(world.methods)], AMOUNTS[number % len(AMOUNTS)])
    return Plan(f"calm:{number}", (Wave(0, (buy,)), Wave(MINUTE, (Step("work"),))), world.catalog)


def _wave(
    chance: random.Random, forms: list[tuple[str, int]], possible: tuple[str, ...], afters: tuple[int, ...]
) -> Wave:
    steps = tuple(_step(chance, forms, possible) for _ in range(chance.choice((1, 2, 2, 3))))
    if possible == FIRST:  # in every run somebody dies, most often in the middle of a purchase
        steps = (replace(steps[0], kill=_kill(chance)), *steps[1:])
    return Wave(chance.choice(afters), steps, tuple(_fault(chance) for _ in range(chance.choice((0, 0, 1, 2)))))


def _step(chance: random.Random, forms: list[tuple[str, int]], possible: tuple[str, ...]) -> Step:
    form = chance.randrange(len(forms))
    method, amount = forms[form]
    part = chance.choice((0, 1000, 1500))
    return Step(chance.choice(possible), form, method, amount, part, _kill(chance) if chance.randrange(3) else None)


def _kill(chance: random.Random) -> Kill:
    """Draw where to die: by numbers that a purchase reaches more often than not."""
    what, most = chance.choice(
        (("commit", 10), ("call", 6), ("statement", 60), ("statement", 120), ("after commit", 5))
    )
    return Kill(what, chance.randrange(1, most + 1))


def _fault(chance: random.Random) -> tuple[str, str, int]:
    if chance.randrange(3) == 0:
        return chance.choice(EVENTS), chance.choice(ASTRAY), chance.choice((1, 2, 9))
    if chance.randrange(8) == 0:
        return "confirm_intent", "other_amount", 1
    return chance.choice(CALLS), chance.choice((*BEFORE, *AFTER, *AFTER)), chance.choice((1, 1, 2, 9))


def _wave_from(data: dict[str, Any]) -> Wave:
    steps = tuple(Step(**{**step, "kill": Kill(**step["kill"]) if step["kill"] else None}) for step in data["steps"])
    faults = tuple((str(matches), str(fault), int(times)) for matches, fault, times in data["faults"])
    return Wave(data["after"], steps, faults)
