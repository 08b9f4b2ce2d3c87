"""One word for one thing in each language, and pieces that code joins are joined as the language does."""

import re
from datetime import date

import pytest
from flask import Flask

from app import locale
from app.domain import language
from app.domain.language import apart, followed, labelled
from app.web import filters
from tests.architecture.source import APP, modules, named
from tests.support import messages

FRENCH_PLURAL = (
    r"(\b[LlSs]es )?\{(amount|more|paid|left|used|held|rest|charged)\}(</a>|</strong>)?"
    r"( de (plus|crédit|votre crédit)\b[^.;:,{]*)?( qui| que vous)?( (en|n’en|ne|n’|vous|l’))*"
    r"[ ’](sont|ont|étaient|avaient|seront|restent|suffisent|attendent|retournent|arrivent)\b"
)
"""A verb beside an amount: `1,00 €` takes another than `2,00 €`."""
RETIRED = {
    "de": {
        r"Abrechnungs-E-Mail|Abrechnungsadresse|Rechnungsmail": "Rechnungs-E-Mail",
        r"\b[Aa]b \{(day|moment|again)\}": "ab dem",
        r"Sandbox": "Testumgebung",
        r"Guthaben,? [^.;]*(abläuft|abgelaufen)|Guthabens [^.;]*laufen [^.;]*ab\b": "verfallen",
        r"Banküberweisung": "Überweisung",
        r"genehmig|Genehmigung": "zustimmen, freigeben",
        r"\bKn[oö]pf|\bTaste\b|Button": "Schaltfläche",
        r"Zahlungsabwickler|Zahlungsanbieter|Prozessor": "Zahlungsdienstleister",
        r" …$": "… without a space",
        r"USt-IDs?\b": "USt-IdNr.",
    },
    "fr": {
        r"[Bb]ac à sable": "environnement de test",
        r"[Ll]itige": "contestation",
        r"« | »": "no-break spaces inside « »",
        r"^(<a[^>]*>)?\{amount\}(</a>)? (est|sont) ": "words that agree with any amount",
        FRENCH_PLURAL: "words that agree with any amount: `Il reste {amount}`, `un crédit de {amount}`",
    },
    "es": {
        r"[Pp]eríodo": "periodo",
        r"[Gg]estión del gasto": "control del gasto",
        r"terminad[oa] en \{last4\}": "que termina en",
        r"^(<a[^>]*>)?\{amount\}(</a>)? est(á|án) ": "words that agree with any amount",
    },
    "he": {
        r"תישאלו|תשאלו|תצטרכו|תוכלו|תקבלו|שלכם|אתכם|\bלכם\b|\bמכם\b": "a form for everybody",
        r"מעבד|סליקה": "ספק התשלומים",
        r"לחצן": "כפתור",
        r"הוראת ה?חיוב": "הוראת קבע",
        r"המסתיי?מ?ת? ב־?\{last4\}": "בסיומת",
        r"(?<!חלק )מ־$": "a label that ends with no maqaf",
        r"[\d}] ?%": "a no-break space before the percent sign",
        r"מחכ": "ממתין",
    },
}
"""What is not said, and what is said instead."""
BUSY = {"de": re.compile(r"Wird .+…"), "fr": re.compile(r"[^ ].*…"), "es": re.compile(r".*ndo\b.*…|Uniéndose…"), "he": re.compile(r"\S*(ים|ות)…")}  # fmt: skip
"""How a button says that its work is under way."""
JOINED = re.compile(r"(?<!hx-trigger)[}>]\}?[:;] \{\{|\}\}[:;] (?=[<{])|join\(\"; \"\)|\"sr\">[:;] ")
ENGLISH_PAGES = ("dev_", "api_docs", "demo_people", "pdf/_style")


def test_code_joins_no_number_with_its_percent_sign() -> None:
    """The catalogs do, by `language.percent`: Hebrew has no line's end there. The seller's chat and logs are English."""
    joins = re.compile(r"\}? %\"")
    found = [
        f"{named(path)}: {line.strip()}"
        for path in modules("domain", "presenters", "forms", "web", "services/mail")
        for line in path.read_text().splitlines()
        if joins.search(line) and ' _("' not in line and "ensure(" not in line
    ]
    assert found == []


@pytest.mark.parametrize("name", messages.TRANSLATED)
def test_a_thing_has_one_word_in_each_language(name: str) -> None:
    retired = re.compile("|".join(f"(?:{each})" for each in RETIRED[name]))
    found = [one for _, said in messages.sentences(messages.kept(name)) for one in said if retired.search(one)]
    assert found == [], "; ".join(f"{each}: {instead}" for each, instead in RETIRED[name].items())


@pytest.mark.parametrize("name", messages.TRANSLATED)
def test_what_is_under_way_is_said_in_one_form(name: str) -> None:
    busy = re.compile(r"[A-Z]\w+ing( \w+){0,2}…")
    said = [said[0] for english, said in messages.sentences(messages.kept(name)) if busy.fullmatch(english[0])]
    assert len(said) > 30 and [each for each in said if not BUSY[name].fullmatch(each)] == []


def test_templates_leave_colons_and_semicolons_to_the_language() -> None:
    pages = [path for path in (APP / "templates").rglob("*.html") if path.name.endswith(".html")]
    found = [
        f"{path.relative_to(APP)}: {line.strip()[:80]}"
        for path in pages
        if not str(path.relative_to(APP / "templates")).startswith(ENGLISH_PAGES)
        for line in path.read_text().splitlines()
        if JOINED.search(line)
    ]
    assert found == []


def test_presenters_leave_colons_and_semicolons_to_the_language() -> None:
    joins = re.compile(r"""\}[:;] \{|["'][:;] ["']\.join""")
    english = {"app/presenters/log_files.py"}  # programs read files
    found = [
        f"{named(path)}: {line.strip()}"
        for path in modules("presenters", "forms")
        if named(path) not in english
        for line in path.read_text().splitlines()
        if joins.search(line)
        and "_(" not in line
        and 'marked("' not in line
        and not line.strip().startswith(('"', "#"))
    ]
    assert found == []


def test_the_first_of_a_month_is_said_as_the_french_do() -> None:
    with language.using("fr"):
        assert [locale.day(date(2026, 12, each)) for each in (1, 2, 11, 21, 31)] == [
            "1er déc. 2026", "2 déc. 2026", "11 déc. 2026", "21 déc. 2026", "31 déc. 2026"
        ]  # fmt: skip
        assert locale.short_day(date(2026, 1, 1)) == "1er janv." and locale.month(date(2026, 1, 1)) == "janvier 2026"
        spans = [(date(2026, 11, 1), date(2026, 11, 30)), (date(2026, 11, 21), date(2026, 12, 1)), (date(2026, 11, 11), date(2026, 11, 21))]  # fmt: skip
        assert [locale.span(*each).replace("\u2009", " ") for each in spans] == [
            "1er–30 nov. 2026", "21 nov. – 1er déc. 2026", "11–21 nov. 2026"
        ]  # fmt: skip
    with language.using("es"):
        assert locale.day(date(2026, 12, 1)) == "1 dic 2026"


def test_pieces_are_joined_as_the_language_does(app: Flask) -> None:
    assert app.jinja_env  # the catalogs are known once there is an app

    def said() -> tuple[str, str, str]:
        return labelled("Plan", "Team"), apart(["a, b", "c", "d"]), followed("x 1. Nov.", "y")

    assert said() == ("Plan: Team", "a, b; c; d", "x 1. Nov.. y")
    with language.using("fr"):
        assert said() == ("Plan\u00a0: Team", "a, b\u202f; c\u202f; d", "x 1. Nov. y")
        assert (apart([]), apart(["a"])) == ("", "a")


def test_inside_a_list_only_names_and_german_nouns_begin_with_a_capital(app: Flask) -> None:
    rails = ("card", "paypal", "sepa_debit", "bank_transfer")
    found = {}
    for name in ("en", "de", "fr", "es"):
        with app.app_context(), language.using(name):
            found[name] = filters.rail_names(rails)
    assert found == {
        "en": "Card, PayPal, SEPA direct debit, bank transfer",
        "de": "Karte, PayPal, SEPA-Lastschrift, Überweisung",
        "fr": "Carte, PayPal, prélèvement SEPA, virement bancaire",
        "es": "Tarjeta, PayPal, adeudo directo SEPA, transferencia bancaria",
    }
    assert filters.rail_names(()) == ""


def test_a_tax_number_is_named_in_one_place() -> None:
    """`app/domain/tax/words.py` knows which are numbers of the Union's VAT: pages, mails and documents ask it."""
    said = "Tax ID {number}"
    sources = (path for path in APP.rglob("*.*") if path.suffix in {".py", ".html", ".txt"})
    assert [str(path.relative_to(APP)) for path in sources if said in path.read_text()] == ["domain/tax/words.py"]
