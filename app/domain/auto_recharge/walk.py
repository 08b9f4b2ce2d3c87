"""The world as it would have been with other terms, moved along in time.

A charge counts as paid at once. Where the record has an automatic charge of that moment and method, it is taken as
what became of it, and so are the refunds and expiries that came of it: so the terms that were in force come to what
really happened.
"""

import heapq
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from operator import attrgetter

from app.domain.auto_recharge import retries
from app.domain.auto_recharge.caution import Use, judged
from app.domain.auto_recharge.decision import INTERVAL, LOOK_AGAIN, NOTABLE, Answer, Decision, Facts, Outcome, decide
from app.domain.auto_recharge.record import Movement, Offer, Paid, Period, Question, Record, Saved, defaults
from app.domain.auto_recharge.retries import Ended, Retry
from app.domain.auto_recharge.terms import Terms
from app.domain.money import Credits, Money
from app.domain.spend_management import day_of

LATE = LOOK_AGAIN + timedelta(minutes=5)
"""A recorded charge is that of a movement up to so long before: the worker was not there sooner."""
ENDED_BY_A_MOVE = frozenset(
    {
        Outcome.NOT_SERVED,
        Outcome.PLAN_ENDS,
        Outcome.NOT_SOLD,
        Outcome.ABOVE_LIMIT,
        Outcome.UNDER_WAY,
        Outcome.NO_METHOD,
        Outcome.SUSPENDED,
        Outcome.RETRY_LATER,
    }
)
"""What nothing ends but a moment of the record, or the time of a retry, which is one too."""


MOST_CHARGES = 300
"""So many are made up at most: one a minute for 90 days would say no more, and take minutes to count."""


@dataclass(frozen=True)
class Stop:
    """When nothing would have been charged though credit was below the threshold, and why."""

    at: datetime
    outcome: Outcome


@dataclass
class Walk:
    """What is so at one moment of it."""

    terms: Terms
    offer: Offer
    record: Record
    made: list[Paid] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)

    def __post_init__(self) -> None:
        record = self.record
        self.remaining = record.opening.micros
        self.begun = [each for each in record.payments if not each.is_automatic or each.begun_at < record.begins]
        before = [each for each in self.begun if each.is_automatic]
        self.same = {each.id for each in before}
        self.went_back = [at for at in map(attrgetter("went_back_at"), before) if at and at >= record.begins]
        self.open = [each for each in before if each.ended_at is None or each.ended_at >= record.opened_at]
        self.used = Counter[int]()
        for each in before:
            if each.period is not None and (each.is_paid or each in self.open):
                self.used[each.period] += each.amount.amount_minor
        self.last_begun = max((each.begun_at for each in before), default=None)
        self.really = [each for each in record.payments if each.is_automatic and each.begun_at >= record.begins]
        self.default = defaults(record.methods, record.made_default, self.offer.top_up_only)
        self.fingerprints = {each.id: (each.kind, each.fingerprint) for each in record.methods if each.fingerprint}
        self.today, self.used_today = day_of(record.opened_at).date, 0
        self.below = set[date]()
        refused = [each for each in record.questions if each.asked_at < record.begins]  # on the first day, by a no
        self.question = (refused[-1], day_of(refused[-1].asked_at).ends) if refused else None
        self.is_over = False
        self.ended_at = record.ends
        self.said: tuple[object, ...] = ()
        self.debits = [each for each in record.payments if each.takes_days and not each.is_automatic]
        self.candidates: list[tuple[Saved, Retry]] | None = None
        known = {record.begins, *(at for at, _id in self.default)}
        known |= {at for each in record.methods for at in (each.saved_at, each.removed_at) if at}
        known |= {at for each in record.payments for at in (each.begun_at, each.ended_at, each.went_back_at) if at}
        self.known = {at for at in known if record.opened_at <= at < record.ends}
        self.moments = list(self.known | {each.at for each in record.movements})
        heapq.heapify(self.moments)

    def through(self) -> None:
        """Walk from the beginning to the end."""
        place, movements = 0, self.record.movements
        while self.moments and self.moments[0] < self.record.ends:
            now = heapq.heappop(self.moments)
            while self.moments and self.moments[0] == now:
                heapq.heappop(self.moments)
            self._turn(now)
            if now in self.known:
                self.candidates = None
            while place < len(movements) and movements[place].at <= now:
                self._move(movements[place])
                place += 1
            self._settle(now)
            if now >= self.record.begins and not self.is_over:
                self._look(now)
            if len(self.made) >= MOST_CHARGES:
                self.ended_at = now
                return

    def _move(self, movement: Movement) -> None:
        if movement.of and movement.of not in self.same:
            return
        self.remaining += movement.micros
        if movement.is_use:
            self.used_today -= movement.micros

    def _turn(self, now: datetime) -> None:
        """Begin the day of that moment, before what moves on it; note of the days before how they ended."""
        day = day_of(now).date
        if day == self.today:
            return
        if self.remaining < self.terms.threshold.micros:
            self.below |= {self.today + timedelta(days=place) for place in range((day - self.today).days)}
        self.today, self.used_today = day, 0

    def _settle(self, now: datetime) -> None:
        """Give the credit of what is paid by now, and free what of the limit was reserved for what is not."""
        for each in [each for each in self.open if each.ended_at is not None and each.ended_at <= now]:
            self.open.remove(each)
            self.candidates = None
            if each.is_paid:
                self.remaining += each.credits
            elif each.period is not None:
                self.used[each.period] -= each.amount.amount_minor

    def _look(self, now: datetime) -> None:
        """Ask the rule, and do what it says."""
        went_back = any(each <= now for each in self.went_back)
        if self.remaining >= self.terms.threshold.micros and not went_back:
            return  # the rule's first answer, without the facts for the others
        facts, method = self._facts(now, went_back=went_back)
        decision = decide(facts, now)
        self._note(decision, facts, now)
        if decision.outcome is Outcome.CHARGE and method is not None:
            self._charge(decision, method, now)
        elif decision.outcome is Outcome.ASKS and facts.answer is None:
            self._ask(decision, now)
        elif decision.outcome is Outcome.MONEY_WENT_BACK:
            self.is_over = True
        if decision.look_again is not None and decision.outcome not in ENDED_BY_A_MOVE:
            heapq.heappush(self.moments, decision.look_again)

    def _facts(self, now: datetime, *, went_back: bool) -> tuple[Facts, Saved | None]:
        period = self._period(now)
        if self.candidates is None:
            self.candidates = [(each, self._retry(each, now)) for each in self._methods(now)]
            for _method, retry in self.candidates:
                if retry.at is not None and retry.at > now:
                    heapq.heappush(self.moments, retry.at)
        method, retry = retries.next_to_charge(self.candidates, now)
        coming = (
            each for each in self.debits if each.begun_at <= now and (each.ended_at is None or now < each.ended_at)
        )
        currency = self.terms.period_limit.currency
        facts = Facts(
            terms=self.terms,
            standing="good",
            remaining=Credits(self.remaining),
            in_flight=Credits(sum(each.credits for each in coming)),
            is_under_way=bool(self.open),
            one=self.offer.one,
            most=self.offer.most,
            used=Money(self.used[period.number], currency),
            period_ends=period.ends_at,
            has_method=method is not None,
            retry=retry,
            last_begun=self.last_begun,
            use=self._use(),
            answer=self._answer(now),
            money_went_back=went_back,
        )
        return facts, method

    def _period(self, now: datetime) -> Period:
        periods = self.record.periods
        return next((each for each in reversed(periods) if each.starts_at <= now), periods[0])

    def _use(self) -> Use:
        since = max(at for at in (self.record.begins, self.last_begun) if at is not None)
        used = {**self.record.used_on, self.today: self.used_today}
        return judged(self.today, used, self.below, day_of(since).date, self.record.since)

    def _methods(self, now: datetime) -> list[Saved]:
        default = next((each for at, each in reversed(self.default) if at <= now), "")
        there = [each for each in self.record.methods if each.is_there(now) and each.kind in self.offer.kinds]
        there.sort(key=lambda each: (each.id == default, each.saved_at, each.id), reverse=True)
        chosen = [each for each in there if each.id == (self.terms.method_id or default)]
        others = [each for each in there if each not in chosen and each.kind not in self.offer.top_up_only]
        return [*chosen, *(others if self.terms.other_methods else [])]

    def _retry(self, method: Saved, now: datetime) -> Retry:
        card = self.fingerprints.get(method.id, (method.id, ""))
        same = [each for each in self.begun if self.fingerprints.get(each.method_id, (each.method_id, "")) == card]
        over = [each for each in same if each.ended_at is not None and each.ended_at <= now]
        paid = max((each.begun_at for each in over if each.is_paid), default=None)
        ended = [
            Ended(each.ended_at, each.code, was_asked=each.was_asked)
            for each in sorted(over, key=lambda each: each.begun_at)
            if each.is_automatic and not each.is_paid and each.ended_at and (paid is None or each.begun_at > paid)
        ]
        return retries.after(ended, self.record.begins)

    def _answer(self, now: datetime) -> Answer | None:
        if self.question is None or self.question[1] <= now:
            return None
        asked, until = self.question
        is_known = asked.answered_at is not None and asked.answered_at <= now
        at_once = self.offer.one.times(asked.count).amount.amount_minor if self.offer.one else 0
        return Answer(asked.is_yes if is_known else None, asked.count, until, at_once)

    def _ask(self, decision: Decision, now: datetime) -> None:
        """Ask; where the same was really asked then, it is answered as it was, else by nobody."""
        same = [each for each in self.record.questions if now <= each.asked_at <= now + LATE]
        self.question = (same[0] if same else Question(now, decision.count), day_of(now).ends)
        if self.question[0].answered_at is not None:
            heapq.heappush(self.moments, self.question[0].answered_at)

    def _charge(self, decision: Decision, method: Saved, now: datetime) -> None:
        """Begin the charge, unless the record has it some minutes later: then it is decided there."""
        recorded = next((each for each in self.really if each.begun_at >= now and each.id not in self.same), None)
        if recorded is not None and now < recorded.begun_at <= now + LATE:
            heapq.heappush(self.moments, recorded.begun_at)
            return
        purchase, period = decision.purchase, self._period(now).number
        if purchase is None:
            return
        charge = Paid("", now, purchase.amount, purchase.credits.micros, method.id, True, True, now, period=period)
        if recorded is not None and recorded.begun_at == now and recorded.method_id == method.id:
            is_same = recorded.amount == charge.amount
            charge = replace(recorded, period=period) if is_same else _as_recorded(charge, recorded)
        if charge.id:
            self.same.add(charge.id)
        if charge.went_back_at is not None:
            self.went_back.append(charge.went_back_at)
        self.made.append(charge)
        self.begun.append(charge)
        self.open.append(charge)
        self.used[period] += charge.amount.amount_minor
        self.last_begun, self.candidates = now, None
        if self.question is not None and self.question[0].is_yes is not False:
            self.question = None
        self._settle(now)
        for at in (now + INTERVAL, charge.ended_at):
            if at is not None:
                heapq.heappush(self.moments, at)

    def _note(self, decision: Decision, facts: Facts, now: datetime) -> None:
        """Keep why nothing is charged, once for the same reason, as the log does."""
        if decision.outcome not in NOTABLE:
            return
        said = (decision.outcome, facts.period_ends, facts.retry.declines, decision.why)
        if decision.outcome is not Outcome.CHARGE and said != self.said:
            self.stops.append(Stop(now, decision.outcome))
        self.said = said


def _as_recorded(charge: Paid, recorded: Paid) -> Paid:
    """Return the charge with what became of the one that was really made by that method then, of another amount."""
    return replace(
        charge,
        is_paid=recorded.is_paid,
        ended_at=recorded.ended_at,
        code=recorded.code,
        was_asked=recorded.was_asked,
    )
