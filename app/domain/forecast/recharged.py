"""The day the credit runs out where auto-recharge buys more: the rule that charges is asked at each moment it would be.

A day's use is spread evenly over its minutes, today's over those that are left of it. The terms and their standing are
taken as they are now; what only a member, the seller or a payment's end changes stays so.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from app.domain.auto_recharge.caution import PACE_DAYS, Brake, Use
from app.domain.auto_recharge.decision import Decision, Facts, Outcome, decide, fitting
from app.domain.auto_recharge.walk import ENDED_BY_A_MOVE
from app.domain.forecast.courses import LONGEST_PERIOD, Course, Courses, stretches
from app.domain.forecast.paces import Batch, Pace
from app.domain.forecast.recharge import Coming, Recharge, Recharged
from app.domain.money import Credits, Money
from app.domain.payments import debit_expected

LOOKED_DAYS = 366
MOST_CHARGES = 300
"""After so many charges nobody looks on."""
MINUTES = 24 * 60
NEVER = 10**9
NOT_BY_ITSELF = ENDED_BY_A_MOVE | {Outcome.OFF, Outcome.MONEY_WENT_BACK, Outcome.ASKS, Outcome.REFUSED}
"""Nothing is charged after these by the time that passes alone. A card that was declined is not counted on."""


def recharged(courses: Courses, batches: Sequence[Batch], pace: Pace, today: date, recharge: Recharge) -> Recharged:
    """Return when it runs out along these courses of the pace, with what auto-recharge buys meanwhile."""
    walks = [_Walk(batches, course, pace, today, recharge) for course in courses]
    busiest, expected, slowest = (each.through() for each in walks)
    found = walks[1]
    early = [day for day in (busiest, expected) if day is not None]
    late = None if slowest is None or expected is None else max(slowest, expected)
    return Recharged(
        earliest=today + timedelta(days=min(early)) if early else None,
        expected=None if expected is None else today + timedelta(days=expected),
        latest=None if late is None else today + timedelta(days=late),
        until=today + timedelta(days=found.looked),
        charges_on=found.charges_on,
        limit_on=found.limit_on,
        held_by=found.held_by if expected is not None else None,
    )


class _Walk:
    """What is left at one pace, in parts of micros so small that a minute's use is a whole number of them."""

    def __init__(self, batches: Sequence[Batch], course: Course, pace: Pace, today: date, recharge: Recharge) -> None:
        facts, now = recharge.facts, recharge.now
        self.course, self.pace, self.today, self.recharge = course, pace, today, recharge
        self.midnight = datetime.combine(today, time(), UTC)
        self.first_minute = min(MINUTES - 1, (now - self.midnight) // timedelta(minutes=1))
        self.ahead = MINUTES - self.first_minute
        self.size = course.parts * MINUTES * self.ahead
        self.left = [(each.left * self.size, each.ends) for each in batches if each.left > 0]
        self.debt = max(0, recharge.floor.micros - facts.remaining.micros) * self.size
        self.level = sum(left for left, _ends in self.left) - self.debt
        self.threshold = (facts.terms.threshold.micros - recharge.floor.micros) * self.size
        self.coming = list(recharge.coming)
        self.is_waiting = facts.is_under_way and not any(each.is_automatic for each in self.coming)
        """Whether a charge waits for its customer: nothing else is charged before that is over."""
        self.asks_from = 0
        self.is_between = False
        """Whether it was charged, or asked, less than the interval ago, so that nothing is judged before the next."""
        self.used_minor, self.period_ends = facts.used.amount_minor, facts.period_ends
        self.last_begun, self.answer = facts.last_begun, facts.answer
        self.used_today, self.used_days = 0, list(facts.use.days)
        self.charges, self.looked = 0, LOOKED_DAYS
        self.charges_on: date | None = None
        self.limit_on: date | None = None
        self.held_by: Outcome | None = None
        if self.answer is not None and self.answer.until is not None and self.answer.until <= now:
            self.answer = None
        if self.answer is not None and not self.answer.is_yes:  # it waits for a yes, on later days too
            self.asks_from, self.held_by = NEVER, Outcome.ASKS if self.answer.is_yes is None else Outcome.REFUSED
        if self.threshold <= 0:  # nothing is charged before nothing is left
            self.asks_from, self.held_by = NEVER, Outcome.ENOUGH

    def through(self) -> int | None:
        """Return after how many days it runs out; None where it does not on the days that are looked at."""
        for begins, ends, used in stretches(self.course, self.pace, self.today, by_period=True):
            if begins:
                self.used_minor, self.period_ends = 0, self._moment(ends * MINUTES)
                if self._is_covered():
                    return None
            day, over = begins, min(ends, LOOKED_DAYS)
            while day < over:
                self._begin(self.today + timedelta(days=day))
                calm = self._calm(used, begins, day, over)
                if calm > day:
                    self._pass(used, day - begins, calm - begins)
                    day = calm
                    continue
                if not self._live(day, used[day - begins + 1] - used[day - begins]):
                    return day
                if self.charges >= MOST_CHARGES:
                    self.looked = day
                    return None
                day += 1
            if over == LOOKED_DAYS:
                break
        return None

    def _begin(self, day: date) -> None:
        """Let what ends on the day expire, and what is expected on it arrive."""
        if any(ends is not None and ends <= day for _left, ends in self.left):
            self.left = [each for each in self.left if each[1] is None or each[1] > day]
            self.level = sum(left for left, _ends in self.left) - self.debt
        for each in [each for each in self.coming if each.day <= day]:
            self.coming.remove(each)
            self._add(each.micros, day)

    def _calm(self, used: Sequence[int], begins: int, day: int, over: int) -> int:
        """Return up to which day, from this one on, nothing happens but use."""
        if day == 0 or self.level <= 0:
            return day
        ends = [when for _left, when in self.left if when is not None] + [each.day for each in self.coming]
        over = min([over, *((when - self.today).days for when in ends)])
        each_day, since = MINUTES * self.ahead, day - begins
        crossed = bisect_left(used, used[since] - (-self.level // each_day), since, over - begins + 1)
        asked = self.asks_from // MINUTES
        if asked <= day:
            spare = self.level + self._in_flight() - self.threshold
            if spare < 0:
                return day
            crossed = min(crossed, bisect_right(used, used[since] + spare // each_day, since, over - begins + 1))
        else:
            over = min(over, asked)
        return max(day, min(over, begins + crossed - 1))

    def _pass(self, used: Sequence[int], since: int, until: int) -> None:
        self._use((used[until] - used[since]) * MINUTES * self.ahead)
        days = [(after - before) // self.course.parts for before, after in pairwise(used[since : until + 1])]
        self.used_days = [*self.used_days, *days][-PACE_DAYS:]
        self.used_today = 0

    def _live(self, day: int, use: int) -> bool:
        """Live through the day minute by minute where something happens; say whether anything was left all day."""
        minute = self.first_minute if day == 0 else 0
        flow = use * (MINUTES if day == 0 else self.ahead)
        while True:
            spare = self.level + self._in_flight() - self.threshold
            falls = minute if spare < 0 else minute + spare // flow + 1 if flow else MINUTES
            at = max(falls, self.asks_from - day * MINUTES)
            if self.level <= 0 and at > minute and not self.is_between:
                return False
            end = min(at, MINUTES)
            self._use(flow * (end - minute))
            minute, has_just_fallen = end, end == falls and not self.coming
            if self.level < 0 and not has_just_fallen and not self.is_between:
                return False
            if minute == MINUTES:
                self.used_days = [*self.used_days, use // self.course.parts][-PACE_DAYS:]
                self.used_today = 0
                return True
            self._ask(day, minute)
            if self.level <= 0 and not self.is_between:
                return False

    def _ask(self, day: int, minute: int) -> None:
        """Ask the rule, and buy what it says."""
        moment, at = self._moment(day * MINUTES + minute), day * MINUTES + minute
        facts = self._facts(moment, is_today=day == 0)
        decision = decide(facts, moment)
        if decision.outcome is Outcome.CHARGE:
            self._charge(decision, moment)
            self.asks_from = at + 1
            return
        self.is_between = decision.outcome is Outcome.TOO_SOON
        if not self.is_between:
            self.held_by = decision.outcome
        if decision.outcome is Outcome.LIMIT_REACHED and self.limit_on is None:
            self.limit_on = moment.date()
        arrival = min((each.day for each in self.coming if each.is_automatic), default=None)
        if decision.outcome is Outcome.UNDER_WAY and arrival is not None:
            self.asks_from = (arrival - self.today).days * MINUTES
        elif decision.outcome in NOT_BY_ITSELF or decision.look_again is None:
            self.asks_from = NEVER
        else:
            self.asks_from = max(at + 1, -((self.midnight - decision.look_again) // timedelta(minutes=1)))

    def _facts(self, moment: datetime, *, is_today: bool) -> Facts:
        facts, used = self.recharge.facts, self.used_today // self.size
        answer = self.answer
        if answer is not None and answer.until is not None and answer.until <= moment:
            answer = None
        return replace(
            facts,
            remaining=Credits(self.level // self.size + self.recharge.floor.micros),
            in_flight=Credits(sum(each.micros for each in self.coming)),
            is_under_way=self.is_waiting or any(each.is_automatic for each in self.coming),
            used=Money(self.used_minor, facts.used.currency),
            period_ends=self.period_ends,
            last_begun=self.last_begun,
            use=Use(Credits(max(used, facts.use.most.micros) if is_today else used), self.used_days),
            answer=answer,
        )

    def _charge(self, decision: Decision, moment: datetime) -> None:
        bought, day = decision.purchase, moment.date()
        if bought is None:
            return
        self.used_minor += bought.amount.amount_minor
        self.last_begun, self.charges = moment, self.charges + 1
        self.charges_on = self.charges_on or day
        self.held_by = None
        if self.answer is not None and self.answer.is_yes:
            self.answer = None
        if self.recharge.takes_days:
            self.coming.append(Coming(bought.credits.micros, debit_expected(day)[0], is_automatic=True))
            self.held_by, self.is_between = Outcome.UNDER_WAY, False
            return
        lasts = bought.expires_after_days
        self._add(bought.credits.micros, day, day + timedelta(days=lasts) if lasts else None)
        self.is_between = self.level <= 0

    def _add(self, micros: int, day: date, ends: date | None = None) -> None:
        """Add credit: it covers what is owed first, and is used before what lasts longer."""
        there = micros * self.size
        self.level += there
        covered = min(there, self.debt)
        self.debt -= covered
        if there > covered and (ends is None or ends > day):
            last = ends or date.max
            before = [each for each in self.left if (each[1] or date.max) <= last]
            after = [each for each in self.left if (each[1] or date.max) > last]
            self.left = [*before, (there - covered, ends), *after]

    def _use(self, wanted: int) -> None:
        self.level -= wanted
        self.used_today += wanted
        while wanted and self.left:
            there, ends = self.left[0]
            if there > wanted:
                self.left[0] = (there - wanted, ends)
                return
            wanted -= there
            del self.left[0]
        self.debt += wanted

    def _in_flight(self) -> int:
        return sum(each.micros for each in self.coming) * self.size if self.coming else 0

    def _moment(self, minutes: int) -> datetime:
        return max(self.recharge.now, self.midnight + timedelta(minutes=minutes))

    def _is_covered(self) -> bool:
        """Whether a period's limit buys all that is used in one, and nothing can hold a charge: then it goes on so."""
        facts, one, later = self.recharge.facts, self.recharge.facts.one, self.course.later
        if one is None or not self.charges or self.held_by is not None or self.recharge.takes_days:
            return False
        chosen = facts.terms.caution
        if chosen.quiet_from is not None or chosen.ask_above is not None or one.expires_after_days:
            return False
        if self.coming or any(ends is not None for _left, ends in self.left):
            return False
        days = [after - before for before, after in pairwise(later[: LONGEST_PERIOD + 1])]
        is_steady = min(days) == max(days) or max(days) <= one.credits.micros * self.course.parts
        fit = fitting(facts.terms.period_limit, one)
        bought = fit * one.credits.micros * self.course.parts
        return (is_steady or chosen.brake is Brake.OFF) and later[LONGEST_PERIOD] <= bought
