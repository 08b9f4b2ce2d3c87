"""What the balance history asks: which movements to show, by kind, days, words and amounts, and where in the list."""

from datetime import date
from typing import Any

from flask import request
from wtforms import DateField, Field, HiddenField, StringField
from wtforms.validators import Length, Optional, ValidationError

from app.domain.amounts import CreditUnit
from app.domain.catalog import Catalog
from app.domain.language import marked, pgettext
from app.forms.amounts import sought
from app.presenters.balance_figures import FIGURES
from app.presenters.balance_history import GROUPS, KINDS
from app.presenters.kept import movements
from app.services.balance.day_rows import Place, read_place
from app.services.balance.history import HistoryQuery
from app.web.fields import PageForm

DAYS, ROWS = "days", "rows"
FILTERS = ("view", "show", "kind", "q", "from", "to")
"""What an address says of the movements, a file's too."""
_NO_PAGE = marked("This page of the history does not exist. Start from the newest movement.")


class DayField(DateField):
    """A UTC day, in ASCII digits: Python reads those of every script. What was typed stays, also when it is none."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the day."""
        super().process_formdata([each if each.isascii() else "-" for each in valuelist])


class FiltersForm(PageForm):
    """Which movements to show; it stands in the page's address."""

    class Meta:
        """It changes nothing, so it needs no token: the address can be kept and sent on."""

        csrf = False

    view = HiddenField()
    show = HiddenField()
    kind = HiddenField()
    q = StringField(
        marked("Search"), [Length(max=100, message=marked("Search for at most 100 characters."))], default=""
    )
    from_day = DayField("From", [Optional()], name="from")
    to_day = DayField("To", [Optional()], name="to")
    before = HiddenField()
    after = HiddenField()
    figure = HiddenField()

    def __init__(self, *given: Any, **named: Any) -> None:
        """Name the days in the language of the page: "from" has other meanings."""
        super().__init__(*given, **named)
        self.from_day.label.text = pgettext("since when", "From")
        self.to_day.label.text = pgettext("until when", "To")

    def validate_view(self, field: Field) -> None:
        """Refuse a view that there is not."""
        if field.data and field.data not in {DAYS, ROWS}:
            raise ValidationError(marked("The history is shown by day or row by row."))

    def validate_show(self, field: Field) -> None:
        """Refuse a group of kinds that there is not."""
        if field.data and field.data not in GROUPS:
            raise ValidationError(marked("There is no such kind of movement. Choose one from the list."))

    def validate_kind(self, field: Field) -> None:
        """Refuse a kind that there is not."""
        if field.data and field.data not in KINDS:
            raise ValidationError(marked("There is no such kind of movement. Choose one from the list."))

    def validate_to_day(self, field: Field) -> None:
        """Refuse days in the wrong order."""
        if self.from_day.data and field.data and field.data < self.from_day.data:
            raise ValidationError(marked("The last day is before the first one."))

    def validate_before(self, _field: Field) -> None:
        """Refuse a place in the history that is none, or two at once."""
        for place in (self.before, self.after):
            if place.data and self._place(place.data) is None:
                raise ValidationError(_NO_PAGE)
        if self.before.data and self.after.data:
            raise ValidationError(marked("Choose either older or newer movements."))

    def validate_figure(self, field: Field) -> None:
        """Refuse a figure that the Overview does not show."""
        if field.data and field.data not in FIGURES:
            raise ValidationError(marked("There is no such figure on the Overview."))

    @property
    def is_by_day(self) -> bool:
        """Whether the history is shown by day."""
        return self.view.data != ROWS

    @property
    def is_whole(self) -> bool:
        """Whether the list begins with the newest movement and leaves nothing out."""
        return not any(self.asked(name) for name in (*FILTERS[1:], "before", "after"))

    @property
    def problems(self) -> list[str]:
        """What is wrong with the address and not with a field that is seen."""
        hidden = (self.view, self.show, self.kind, self.before, self.figure)
        return list(dict.fromkeys(str(each) for field in hidden for each in field.errors))

    def asked(self, name: str) -> str:
        """Return what the address says under this name, or nothing where that was refused."""
        field: Any = self._fields[{"from": "from_day", "to": "to_day"}.get(name, name)]
        is_refused = bool(field.errors)
        if name in {"from", "to"}:  # the days are one range: half of it would be another one
            is_refused = bool(self.from_day.errors or self.to_day.errors)
        if name == "after":
            is_refused = bool(self.before.errors)
        return "" if is_refused else request.args.get(name, "").strip()

    def query(self, catalog: Catalog, unit: CreditUnit) -> HistoryQuery:
        """Return what is asked for, without what was refused."""
        text = self.asked("q")
        kinds = {self.asked("kind")} if self.asked("kind") else GROUPS.get(self.asked("show"), frozenset())
        first, last = self.asked("from"), self.asked("to")
        return HistoryQuery(
            kinds=kinds,
            text=text or None,
            booked_as=movements.booked_as(text) if text else (),
            amount=sought(text, unit),
            meters=[each.key for each in catalog.meters if text and text.casefold() in each.title.casefold()],
            from_day=self.from_day.data if first else None,
            to_day=self.to_day.data if last else None,
            before=None if self.is_by_day else _number(self.asked("before")),
            after=None if self.is_by_day else _number(self.asked("after")),
        )

    def places(self) -> dict[str, Place | None]:
        """Return where the page by day begins or ends."""
        return {name: read_place(self.asked(name)) for name in ("before", "after")}

    def address(self) -> dict[str, str]:
        """Return what holds of the address, as it stands there."""
        return {name: value for name in FILTERS if (value := self.asked(name))}

    def _place(self, text: str) -> Place | int | None:
        return read_place(text) if self.is_by_day else _number(text)


def months(today: date, many: int) -> list[tuple[date, date]]:
    """Return the first and last day of this month and of those before it, the newest first."""
    found, last = [], today
    for _each in range(many):
        first = last.replace(day=1)
        following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
        found.append((first, date.fromordinal(following.toordinal() - 1)))
        last = date.fromordinal(first.toordinal() - 1)
    return found


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None
