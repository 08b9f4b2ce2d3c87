"""Charts drawn on the server as SVG: no library, no inline style, one drawing for every width.

    used = columns(
        [Column(day.day, (day.used.micros,), href=…) for day in days],
        measure=Measure(unit), name="Credits used each day …", series=("Credits used",), today=today,
        marks=(Mark("limit", limit.micros, "Daily limit"), Mark("threshold", mails_at.micros, "E-mail at")),
    )
    balance = balance_line([Point(day.day, day.closing.micros, href=…) for day in days], ahead, measure=…, name=…)

Both return a `Chart`, or None where there is nothing to draw: a page then says so in words. A template shows it with
`{% from "macros/charts.html" import chart %}{{ chart(used, "overview-used") }}`: the drawing, its legend, and the same
as a table. Figures are whole micros of credit (`Measure(unit)`) or whole quantities (`Measure(of="requests")`).

- `columns` stacks several `series`, the first at the bottom; `Column.before` is the same day of the period before.
- A day with `href` is a link. Its title says it line by line, exact; `charts.js` shows that on hover, focus and tap.
- A chart is one stop of the Tab key; arrows, Home and End move along it. Names of days that would touch are left out.
- A line that follows what is typed: `Mark("limit", None or micros, "Daily limit")` and on the field
  `data-chart="id of the chart" data-chart-mark="limit"`; or a script sends the chart's element the event
  `chart:mark` with `detail: {mark: "limit", figure: 25000000}` (null hides it). Days from a limit on are then drawn as
  over it. The plot has its scale as `data-high`, `data-low` and `data-whole`.
- Every coordinate is a whole number or hundredths of a percent, so no figure meets a float.
"""

from app.presenters.charts.axis import Axis, Measure, axis, axis_label, day_label
from app.presenters.charts.balance import Ahead, Point, balance_line
from app.presenters.charts.columns import MOST_SERIES, Column, column_kind, columns
from app.presenters.charts.drawing import KEPT, Chart, Mark

__all__ = [
    "KEPT",
    "MOST_SERIES",
    "Ahead",
    "Axis",
    "Chart",
    "Column",
    "Mark",
    "Measure",
    "Point",
    "axis",
    "axis_label",
    "balance_line",
    "column_kind",
    "columns",
    "day_label",
]
