"""Figures and moments in markup: the exact value in a tip, in danger's colour below zero, and plain in a mail's text."""

from datetime import UTC, date, datetime

import pytest
from flask import Flask

from app.domain.money import Credits, Money

EXACT, FINER, BELOW = Credits(12_340_000), Credits(12_345_678), Credits(-18_004_000)
TIP = '<span class="tip"><span class="sr">, exactly </span>{}</span></span>'
AT = datetime(2026, 11, 28, 9, 19, 30, tzinfo=UTC)


def _page(app: Flask, source: str, **values: object) -> str:
    """Render the source as a page is rendered: what is no markup is escaped."""
    return str(app.jinja_env.from_string("{% autoescape true %}" + source + "{% endautoescape %}").render(**values))


@pytest.mark.parametrize(
    ("source", "markup"),
    [
        ("{{ exact|balance('USD') }}", '<span class="amount num">$12.34</span>'),
        (
            "{{ finer|balance('USD') }}",
            '<span class="amount num" tabindex="0">$12.34' + TIP.format("$12.345678"),
        ),
        (
            "{{ below|balance('USD', focus=false) }}",
            '<span class="amount num amount--below">−$18.01' + TIP.format("−$18.004"),
        ),
        (
            "{{ finer|signed('USD', focus=false) }}",
            '<span class="amount num">+$12.35' + TIP.format("+$12.345678"),
        ),
        ("{{ below|exact('USD') }}", '<span class="amount num amount--below">−$18.004</span>'),
        ("{{ overpaid|exact }}", '<span class="amount num">−$5.00</span>'),
        ("{{ overpaid|balance }}", '<span class="amount num">−$5.00</span>'),
        ("{{ below|exact('USD', sign=true) }}", '<span class="amount num">−$18.004</span>'),
        ("{{ finer|price('USD') }}", '<span class="amount num">$12.345678</span>'),
        ("{{ paid|amount }}", '<span class="amount num">€25.00</span>'),
        (
            "{{ 20412|quantity('MB', focus=false) }}",
            '<span class="amount num">20.4 GB' + TIP.format("20,412 MB"),
        ),
        ("{{ 1|quantity('requests') }}", '<span class="amount num">1 request</span>'),
        ("{{ at|moment }}", '<time datetime="2026-11-28T09:19:30Z">28 Nov 2026, 09:19 UTC</time>'),
        ("{{ at|ago }}", '<time datetime="2026-11-28T09:19:30Z" data-time="ago">28 Nov 2026, 09:19 UTC</time>'),
        ("{{ at|time_of_day }}", '<time datetime="2026-11-28T09:19:30Z" data-time="both">09:19 UTC</time>'),
        ("{{ day|day(utc=true) }}", '<time datetime="2026-11-28">28 Nov 2026 (UTC)</time>'),
    ],
)
def test_a_figure_on_a_page(app: Flask, source: str, markup: str) -> None:
    values = {
        "exact": EXACT,
        "finer": FINER,
        "below": BELOW,
        "paid": Money(2500, "EUR"),
        "overpaid": Money(-500, "USD"),
        "at": AT,
        "day": date(2026, 11, 28),
    }
    assert _page(app, source, **values) == markup


def test_a_figure_in_plain_text_in_a_name_and_joined_to_words(app: Flask) -> None:
    text = app.jinja_env.from_string(
        "{% autoescape false %}{{ finer|balance('USD') }} left, {{ at|moment }}{% endautoescape %}"
    )
    assert text.render(finer=FINER, at=AT) == "$12.34 left, 28 Nov 2026, 09:19 UTC"
    assert _page(app, '<b title="{{ finer|balance("USD")|string }}">', finer=FINER) == '<b title="$12.34">'


def test_a_label_of_the_seller_is_no_markup(app: Flask) -> None:
    assert "<b>" not in _page(app, "{{ finer|balance('t', '<b>') }}{{ 5|quantity('<b>') }}", finer=FINER)
