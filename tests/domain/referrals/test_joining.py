"""Who may be referred by whom, and what the inviter gets to see of the invited."""

from dataclasses import replace

import pytest

from app.domain.catalog_terms import Referrals
from app.domain.errors import Refused
from app.domain.referrals import catalog_rules, joining
from app.domain.referrals.joining import Party
from app.services.catalog import versions
from tests.support.small_catalogs import SMALL, TOKENS

ACME = Party("cus_a", "small", "billing@acme.example", "EUR", "EUR", ("alice@acme.example",))


@pytest.mark.parametrize(
    ("invited", "reason"),
    [
        (Party("cus_b", "small", "Billing@Acme.example", "EUR", "EUR"), "referral_of_oneself"),
        (Party("cus_b", "small", "Alice@Acme.example", "EUR", "EUR"), "referral_of_oneself"),
        (Party("cus_b", "small", "b@globex.example", "USD", "USD"), "referral_in_another_unit"),
        (Party("cus_b", "large", "b@globex.example", "EUR", "EUR"), "referral_in_another_catalog"),
        (Party("cus_b", "small", "b@globex.example", "EUR", "tokens"), "referral_in_another_unit"),
    ],
)
def test_a_referral_that_would_earn_nothing_is_refused(invited: Party, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        joining.check(ACME, invited)
    assert (refused.value.reason, refused.value.status, refused.value.field) == (reason, 422, "referral_code")


def test_anybody_else_may_be_referred() -> None:
    joining.check(ACME, Party("cus_b", "small", "other@acme.example", "EUR", "EUR"))


@pytest.mark.parametrize(
    ("same_domain", "same_card", "same_tax_number", "oneself"),
    [
        (False, False, False, False),
        (True, False, False, False),  # a mail provider's
        (False, True, False, False),  # an agency pays
        (True, True, False, True),
        (False, False, True, True),
    ],
)
def test_nobody_refers_himself(same_domain: bool, same_card: bool, same_tax_number: bool, oneself: bool) -> None:
    found = joining.is_oneself(same_domain=same_domain, same_card=same_card, same_tax_number=same_tax_number)
    assert found is oneself


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        (" 7K3M9Q2W5X8A ", "7k3m9q2w5x8a"),
        ("7k3m9q2w5x8", ""),
        ("7k3m9q2w5x8il", ""),
        ("７k3m9q2w5x8a", ""),
        ("' or 1=1 --", ""),
    ],
)
def test_only_what_has_a_codes_form_is_looked_up(typed: str, code: str) -> None:
    assert joining.normal(typed) == code


@pytest.mark.parametrize(("name", "shown"), [("Globex Ltd", "G…"), (" élan", "É…"), ("", "…")])
def test_the_inviter_sees_one_letter_of_a_name(name: str, shown: str) -> None:
    assert joining.masked(name) == shown


@pytest.mark.parametrize(
    ("text", "offered", "found"),
    [(TOKENS, True, [("referrals", "offered")]), (TOKENS, False, []), (SMALL, True, []), (SMALL, False, [])],
)
def test_no_share_of_money_is_promised_where_credit_has_a_unit_of_its_own(
    text: str, offered: bool, found: list[tuple[str, str]]
) -> None:
    catalog = replace(versions.parse(text), referrals=Referrals(offered=offered))
    assert [each.path for each in catalog_rules.problems(catalog)] == found
