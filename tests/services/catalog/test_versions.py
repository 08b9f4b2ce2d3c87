"""Catalogs: what is read, what is refused and in which words, and which version is in force."""

import re
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from flask import Flask
from pydantic.fields import FieldInfo

from app.domain.errors import NotFound
from app.domain.money import Credits, Money
from app.models.catalogs import CatalogVersion
from app.models.database import db
from app.services.catalog import versions
from app.services.catalog.schema import CatalogFile
from app.services.catalog.values import Section
from app.services.catalog.versions import WrongCatalog
from app.services.customers import registration
from tests.support.small_catalogs import SMALL, TOKENS
from tests.support.statements import counted
from tests.support.wrong_catalogs import WRONG

ROOT = Path(__file__).resolve().parent.parent.parent.parent
EXAMPLES = sorted((ROOT / "examples" / "catalogs").glob("*.toml"))
DOCUMENTED = re.compile(r"^\| `([a-z_.\[\]]+)` \| [^|]+ \| ([^|]+) \| [^|]{5,} \| [^|]+ \|$", re.MULTILINE)


def example(name: str) -> str:
    return (ROOT / "examples" / "catalogs" / f"{name}.toml").read_text()


def test_there_is_an_example_for_each_founding_system() -> None:
    assert [path.stem for path in EXAMPLES] == ["analytics", "gateway", "identity", "platform"]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_each_example_loads_under_its_own_name(path: Path) -> None:
    assert versions.parse(path.read_text()).name == path.stem


def test_analytics_sells_the_packs_of_the_founding_document() -> None:
    packs = versions.parse(example("analytics")).packs
    assert [(pack.title, pack.credits.units, str(pack.price.major), pack.expires_after_days) for pack in packs] == [
        ("Starter", 1_000_000, "5.00", None),
        ("Standard", 2_500_000, "10.00", None),
        ("Pro", 7_000_000, "25.00", None),
        ("Enterprise", 15_000_000, "50.00", None),
    ]


def test_analytics_has_the_plans_meters_and_limit_of_the_founding_document() -> None:
    catalog = versions.parse(example("analytics"))
    assert [plan.title for plan in catalog.plans] == ["Free", "Personal", "Team", "Business", "Enterprise"]
    assert [meter.title for meter in catalog.meters] == ["Sessions", "Events", "Enrichments", "Storage"]
    assert catalog.auto_recharge.period_limit == Money(5000, "EUR")
    assert catalog.plans.downgrade == "period_end"
    team = catalog.plans.plan("team")
    assert team is not None and team.seats is not None and team.seats.max == 25
    assert (catalog.credit_unit, catalog.currency) == ("tokens", "EUR")


def test_identity_has_the_meters_and_the_policy_of_the_founding_document() -> None:
    catalog = versions.parse(example("identity"))
    assert {meter.title: meter.description for meter in catalog.meters} == {
        "Monthly Active Users (MAU)": "Unique users who authenticate at least once per month",
        "Total Organizations": "Number of organizations created across all environments",
        "Authentications": "Total number of successful authentication attempts",
        "SSO Logins": "Number of logins through enterprise SSO connections",
        "Social Logins": "Number of logins through social identity providers",
    }
    assert catalog.plans.downgrade == "immediate"
    assert catalog.plans.tiers[1].limit("mau") == 20_000


def test_gateway_takes_the_amounts_and_methods_of_the_founding_document() -> None:
    catalog = versions.parse(example("gateway"))
    assert catalog.top_up is not None
    assert (catalog.top_up.min, catalog.top_up.max) == (Money(500, "USD"), Money(500_000, "USD"))
    assert catalog.payment_methods.kinds == ("card", "paypal", "crypto")
    assert catalog.overage_protection > Credits(0)
    assert catalog.trial_grant is not None and catalog.trial_grant.description == "Free Trial Credits"


def test_platform_duns_refers_and_collects_as_the_founding_document_says() -> None:
    catalog = versions.parse(example("platform"))
    assert (catalog.dunning.retry_days, catalog.dunning.suspend_after_days) == ((1, 2, 3, 4, 5), 5)
    assert (catalog.referrals.offered, catalog.referrals.percent.basis_points, catalog.referrals.months) == (
        True,
        2000,
        12,
    )
    assert catalog.payment_methods.kinds == ("card", "paypal", "sepa_debit", "bank_transfer")
    assert catalog.credits.burn == "at_invoice"


@pytest.mark.parametrize(("text", "sentence"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_catalog_is_refused_with_its_key_line_and_reason(text: str, sentence: str) -> None:
    with pytest.raises(WrongCatalog) as refusal:
        versions.parse(text)
    assert str(refusal.value).splitlines() == [sentence]


def test_the_small_catalogs_that_are_broken_above_are_good_in_themselves() -> None:
    assert versions.parse(SMALL).name == "small"
    assert versions.parse(TOKENS).name == "tokens"


def test_all_problems_are_named_at_once() -> None:
    text = SMALL.replace('title = "Small"', "").replace('min = "5.00"', "min = 5.0").replace("per = 1000", "pr = 1000")
    with pytest.raises(WrongCatalog) as refusal:
        versions.parse(text)
    lines = str(refusal.value).splitlines()
    assert [line.split(" ")[0] for line in lines] == ["title", "top_up.min", "meters[1].pr"]


def test_the_same_text_twice_is_one_version(app: Flask) -> None:
    first, again = versions.apply(SMALL), versions.apply(SMALL)
    assert (first.version, again.version) == (1, 1)
    assert db.session.query(CatalogVersion).count() == 1


def test_another_text_is_the_next_version_and_in_force_at_once(app: Flask) -> None:
    versions.apply(SMALL)
    assert versions.offered("small").title == "Small"
    changed = versions.apply(SMALL.replace('title = "Small"', 'title = "Less small"'))
    assert changed.version == 2
    assert versions.offered("small").title == "Less small"
    assert versions.sold("small", 1).title == "Small"


def test_a_version_is_read_from_its_row_and_parsed_once(app: Flask) -> None:
    versions.apply(SMALL.replace('title = "Small"', 'title = "Read once"'))
    with counted() as first:
        read = versions.offered("small")
    with counted() as then:
        again = versions.offered("small")
    assert again is read
    assert (len(first), len(then)) == (2, 1)


def test_going_back_to_an_older_text_is_a_new_version(app: Flask) -> None:
    versions.apply(SMALL)
    versions.apply(SMALL.replace('title = "Small"', 'title = "Less small"'))
    assert versions.apply(SMALL).version == 3
    assert versions.offered("small").title == "Small"


def test_a_wrong_catalog_leaves_the_version_in_force(app: Flask) -> None:
    versions.apply(SMALL)
    with pytest.raises(WrongCatalog):
        versions.apply(SMALL.replace('max = "5000.00"', 'max = "4.00"'))
    assert versions.offered("small").top_up == versions.parse(SMALL).top_up


def test_a_catalog_or_version_that_never_was_is_not_found(app: Flask) -> None:
    versions.apply(SMALL)
    with pytest.raises(NotFound):
        versions.offered("large")
    with pytest.raises(NotFound):
        versions.sold("small", 2)


def test_the_unit_may_change_while_nobody_has_the_catalog(app: Flask) -> None:
    versions.apply(SMALL)
    assert versions.apply(SMALL.replace("USD", "EUR")).version == 2


def test_the_unit_may_not_change_under_a_customer(app: Flask) -> None:
    versions.apply(SMALL)
    registration.create(name="Acme", email="billing@acme.example", catalog="small")
    with pytest.raises(WrongCatalog) as refusal:
        versions.apply(SMALL.replace("USD", "EUR"))
    why = "1 customer of this catalog kept a ledger in USD; give the new catalog another name"
    assert str(refusal.value).splitlines() == [
        f"credits.{key} (line {line}) cannot become EUR: {why}" for key, line in (("currency", 8), ("unit", 9))
    ]
    assert versions.offered("small").currency == "USD"


def _keys(section: type[Section], before: str = "") -> dict[str, FieldInfo]:
    """Return every key that a file may hold, by its dotted path."""
    found: dict[str, FieldInfo] = {}
    for name, field in section.model_fields.items():
        found[before + name] = field
        for inner, in_list in _sections(field.annotation):
            found |= _keys(inner, f"{before}{name}{'[]' if in_list else ''}.")
    return found


def _sections(kind: Any, in_list: bool = False) -> list[tuple[type[Section], bool]]:
    if isinstance(kind, type) and issubclass(kind, Section):
        return [(kind, in_list)]
    return [found for part in get_args(kind) for found in _sections(part, in_list or get_origin(kind) is list)]


def test_each_key_is_documented_and_each_documented_key_exists() -> None:
    documented = [key for key, _ in DOCUMENTED.findall((ROOT / "docs" / "catalog.md").read_text())]
    assert sorted(documented) == sorted(_keys(CatalogFile))
    assert len(documented) > 80


def test_the_docs_say_truthfully_which_keys_are_required() -> None:
    documented = dict(DOCUMENTED.findall((ROOT / "docs" / "catalog.md").read_text()))
    required = {key for key, default in documented.items() if default.strip() == "required"}
    assert required == {key for key, field in _keys(CatalogFile).items() if field.is_required()}


def test_a_value_made_in_code_starts_from_the_same_defaults_as_a_file() -> None:
    compared = 0
    for section in set(_all_sections(CatalogFile)):
        if not is_dataclass(section.becomes):
            raise AssertionError(section)
        shape = {field.name: field for field in fields(section.becomes)}
        assert set(shape) - {"version"} == set(section.model_fields), section  # the row says which version it is
        for name, field in section.model_fields.items():
            in_code = shape[name].default
            if in_code is MISSING or isinstance(field.default, Section):
                continue
            in_file = tuple(field.default) if isinstance(field.default, list | dict) else field.default
            assert in_file == in_code, (section, name)
            compared += 1
    assert compared > 40


def _all_sections(section: type[Section]) -> list[type[Section]]:
    inner = [kind for field in section.model_fields.values() for kind, _ in _sections(field.annotation)]
    return [section, *(found for kind in inner for found in _all_sections(kind))]
