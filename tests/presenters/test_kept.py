"""What tables keep in English is said in the language of the page, and found by the page's own words."""

import pytest

from app.domain import language
from app.languages import catalog
from app.presenters.kept import deliveries, movements

BOOKED = [
    ("Credits bought with Visa ending in 4242", "Guthaben gekauft mit Visa mit Endziffern 4242"),
    ("Refund of $1,234.50 did not arrive", "Erstattung von 1.234,50\N{NO-BREAK SPACE}$ nicht angekommen"),
    ("Refund of CHF\N{NO-BREAK SPACE}5.00", "Erstattung von 5,00\N{NO-BREAK SPACE}CHF"),
    ("Correction: GPU hours, 3 October 2026", "Korrektur: GPU hours, 3. Okt. 2026"),
    (
        "Applied credit balance to usage, 1–31 October 2026",
        "Guthaben auf Verbrauch angerechnet, 1.–31. Okt. 2026",
    ),
    (
        "Applied credit balance to usage, 20 October 2025 – 3 January 2026",
        "Guthaben auf Verbrauch angerechnet, 20. Okt. 2025\N{THIN SPACE}–\N{THIN SPACE}3. Jan. 2026",
    ),
    ("Credit note CN-2026-000001 on INV-2026-000002", "Gutschrift CN-2026-000001 zu INV-2026-000002"),
    ("Referral credit for October 2026", "Empfehlungsguthaben für Oktober 2026"),
]
NOT_OURS = ["Refund of broken things", "Thank you", "Batch 7, 31 February 2026", "", "Credits bought with"]


@pytest.fixture(autouse=True)
def catalogs() -> None:
    language.register(catalog)


@pytest.mark.parametrize(("kept", "said"), BOOKED)
def test_what_is_booked_is_said_in_the_language(kept: str, said: str) -> None:
    assert movements.said(kept) == kept
    with language.using("de"):
        assert movements.said(kept) == said


@pytest.mark.parametrize("words", NOT_OURS)
def test_what_somebody_else_wrote_stays(words: str) -> None:
    for name in language.NAMES:
        with language.using(name):
            assert movements.said(words) == words


def test_rows_are_found_by_the_words_that_the_page_says() -> None:
    assert movements.booked_as("bought") == []
    with language.using("de"):
        assert "Credits bought with " in movements.booked_as("guthaben gekauft")
        assert movements.booked_as("nirgends") == [] and ", " not in movements.booked_as("")


def test_an_amount_that_is_kept_in_words_is_written_as_the_page_writes() -> None:
    kept = ("€23.01", "$1,250.00", "CHF\u00a00.50", "a part", "")
    assert [movements.amount(each) for each in kept] == [*kept]
    with language.using("de"):
        said = [movements.amount(each).replace("\u00a0", " ") for each in kept]
    assert said == ["23,01 €", "1.250,00 $", "0,50 CHF", "a part", ""]


def test_why_a_delivery_failed_is_said_in_the_language() -> None:
    assert deliveries.said("It answered 500.") == "It answered 500."
    with language.using("fr"):
        assert deliveries.said("It answered 500.") == "Réponse 500."
        assert deliveries.said("It did not answer within 10 seconds.") == "Aucune réponse dans les 10 secondes."
        assert deliveries.said("") == ""
