"""The forms of Spend management: the limits, and the webhook's address, as they are typed."""

import re
from decimal import Decimal

from wtforms import BooleanField, HiddenField, StringField

from app import locale
from app.domain import spend_management as rule
from app.domain.amounts import decimals_of
from app.domain.errors import Refused
from app.domain.language import marked, percent
from app.domain.money import MICROS, Credits
from app.domain.spend_management import Limits
from app.forms import amounts
from app.web.access import current_unit
from app.web.fields import PageForm

_VERSION = re.compile(r"[0-9]{1,9}", re.ASCII)
OFFERED_SHARE = 80
"""The percent of the limit that is offered where the threshold cannot be what was typed."""
_OFFERED = re.compile(r"[1-9][0-9]?", re.ASCII)
NO_LIMIT = Refused(
    marked("A percentage is one of the daily limit. Enter a daily limit, or an amount here."),
    "notify_threshold_without_limit",
    422,
    "notify_threshold",
)


class VersionedForm(PageForm):
    """A form that is made from a version of what is saved, and refused where that is gone by."""

    version = HiddenField()

    @property
    def made_from(self) -> int:
        """The version that the page showed."""
        version = self.version.data or ""
        return int(version) if _VERSION.fullmatch(version) else 0


class LimitsForm(VersionedForm):
    """The limits: they are kept or refused as one (AC-7)."""

    enabled = BooleanField(marked("Spend management"))
    daily_limit = StringField(marked("Daily limit"))
    notify_threshold = StringField(marked("E-mail threshold"))

    share = HiddenField()
    """So many percent of the limit, where a button offered them as the threshold."""
    moved: Credits | None = None
    """The threshold that followed a lower limit; None where it stayed."""
    instead: Credits | None = None
    """What the offered share of the limit is, where the threshold that was typed is more than the limit."""

    def wanted(self, saved: Limits) -> Limits | None:
        """Return what was typed; None, with each refusal beside its field, when it cannot be read.

        A threshold that was left as it is `saved` follows a limit that is lower than it.
        """
        if _OFFERED.fullmatch(self.share.data or ""):
            self.notify_threshold.data = percent(self.share.data)
        read, refusals = self._read(saved)
        for refusal in refusals:
            self.refuse(refusal)
        limit, threshold = read
        if threshold is not None and limit is not None and threshold > limit:
            self.instead = rule.share(limit, Decimal(OFFERED_SHARE), _finest())
        return None if refusals else Limits(bool(self.enabled.data), *read, self.made_from)

    def to_try(self, saved: Limits) -> Limits | None:
        """Return what can be tried of it, whether or not it could be saved; None where it cannot be read."""
        read, refusals = self._read(saved)
        return None if refusals else Limits(True, *read)

    def compare_with(self, saved: Limits, chart: str) -> None:
        """Let each field know what is saved, and which line of the chart follows it."""
        for name, value, line in (
            ("daily_limit", saved.daily_limit, "limit"),
            ("notify_threshold", saved.notify_threshold, "threshold"),
        ):
            marks = locale.marks()
            known = {"data-saved": editable(value), "data-chart": chart, "data-chart-mark": line}
            known["data-chart-digits"] = f"{marks.decimal}{marks.group}"
            self.mark(name, inputmode="decimal", autocomplete="off", **known)

    def differs_from(self, saved: Limits) -> bool:
        """Say whether what stands in the form is something else than what is saved."""
        read, refusals = self._read(saved)
        same = (saved.daily_limit, saved.notify_threshold) == read and saved.enabled == bool(self.enabled.data)
        return bool(refusals) or not same

    def _read(self, saved: Limits) -> tuple[tuple[Credits | None, Credits | None], list[Refused]]:
        refusals, unit = list[Refused](), current_unit()

        def read(name: str) -> Credits | None:
            try:
                return amounts.credits(self[name].data or "", name, unit)
            except Refused as refusal:
                refusals.append(refusal)
                return None

        limit = read("daily_limit")
        try:
            percent = amounts.percent(self.notify_threshold.data or "", "notify_threshold")
        except Refused as refusal:
            return (limit, None), [*refusals, refusal]
        if percent is not None:
            if limit is None:
                return (None, None), refusals or [NO_LIMIT.copied()]
            return (limit, rule.share(limit, percent, _finest())), refusals
        threshold = read("notify_threshold")
        if self.made_from == saved.version:
            followed = rule.following(threshold, limit, saved, _finest())
            self.moved = followed if followed != threshold else None
            threshold = followed
        return (limit, threshold), refusals


class AddressForm(VersionedForm):
    """Where the events go. Another address is another version of the whole set."""

    webhook_url = StringField(marked("Webhook URL"))

    def compare_with(self, saved: str) -> None:
        """Let the field know what is saved."""
        self.mark("webhook_url", autocomplete="off", spellcheck="false", **{"data-saved": saved})


def editable(value: Credits | None) -> str:
    """Return the credits as the form's fields take them: every digit, and no marks between thousands."""
    if value is None:
        return ""
    return amounts.number(value.units, decimals_of(current_unit()))


def _finest() -> int:
    """Return the micros of the finest amount that the customer's unit is shown with."""
    finest: int = MICROS // 10 ** decimals_of(current_unit())
    return finest
