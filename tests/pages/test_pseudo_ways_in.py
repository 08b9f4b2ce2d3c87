"""What strangers and members read on the ways in, by mailed links, and of what they keep: in the pseudo-language."""

from datetime import timedelta

from app.domain.people import ssh_keys as rule
from app.domain.people.members import Actor
from app.languages import PSEUDO
from app.models.customers import Customer
from tests.pages import test_access_links, test_confirm_sign_in_email, test_members
from tests.pages.test_authentication import CHANGE
from tests.pages.test_forgot_password import ASK, FORM, asked_link
from tests.pages.test_members import olivia, olivia_actor
from tests.pages.test_pseudo_invoices import is_said, offered
from tests.support.browser import Browser, Page
from tests.support.cast import ALICE, PASSWORD
from tests.support.confirm_page import after
from tests.support.second_factors import CODE_FORM, STEP_TWO, gives_password, shown, stands, switch_on
from tests.support.ssh_keys import ED25519, OTHER, PRIVATE_OPENSSH, RSA_1024

__all__ = ["offered", "olivia", "olivia_actor"]
AUTHENTICATION, TOKENS, KEYS = "/account/authentication/", "/account/api-tokens/", "/account/ssh-keys/"
LATER = timedelta(minutes=11)
PEOPLE = ("Olivia Orr", "olivia@acme.example", "carol@acme.example", "Carol Cole", "Ann Abacus", "alice@new.example")


def speaks(*browsers: Browser) -> None:
    """Let browsers ask for the pseudo-language with each request, also where one page leads to another."""
    for each in browsers:
        each.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = PSEUDO


def said(acme: Customer, *pages: Page) -> None:
    for page in pages:
        assert page.status < 500
        for each in page.soup.select("#authentication-session-list li, .commands, .fingerprint"):
            each.decompose()  # browsers, systems and networks
        is_said(page, acme, *PEOPLE, "ED25519", "RSA", "alice@laptop", "backup", *rule.KINDS, status=page.status)


def test_signing_in_and_a_forgotten_password_are_said_in_the_language(
    visitor: Browser, alice_actor: Actor, acme: Customer
) -> None:
    speaks(visitor)
    page = visitor.opens("/sign-in")
    wrong = [
        visitor.submits(page, "form.form", email=email, password=password)
        for email, password in (("", ""), ("x", "y"), (ALICE.email, "wrong"))
    ]
    asked = [visitor.submits(visitor.opens(ASK), FORM, email=each) for each in ("", "x", ALICE.email)]
    opened = visitor.opens(asked_link(visitor))
    weak = [visitor.submits(opened, FORM, password=each) for each in ("", "short", "password1", "x" * 257)]
    chosen = visitor.submits(opened, FORM, password="nine brown otters swim at dawn")
    said(acme, *wrong, *asked, opened, *weak, chosen, visitor.opens(opened.path), visitor.opens("/reset-password/none"))


def test_two_factor_sign_in_is_said_in_the_language(
    visitor: Browser, alice: Browser, alice_actor: Actor, acme: Customer
) -> None:
    speaks(visitor, alice)
    with stands():
        begun = alice.submits(alice.opens(AUTHENTICATION), "form[action$='/set-up/begin']")
        for each in begun.soup.select("code"):
            each.decompose()
        wrong = [alice.submits(begun, "#two_factor-form", code=each) for each in ("", "12", "000000")]
        for page in wrong:
            for each in page.soup.select("code"):
                each.decompose()
        said(acme, begun, *wrong)
        switch_on(alice_actor, alice)
        step = gives_password(visitor, alice_actor)
        assert step.path.startswith(STEP_TWO)
        wrong = [visitor.submits(step, CODE_FORM, code=each) for each in ("", "12", "000000", "abcd-efgh")]
        done = visitor.submits(step, CODE_FORM, code=shown(alice_actor))
        said(acme, step, *wrong, done, alice.opens(AUTHENTICATION))
        for path in ("/account/two-factor/recovery-codes", "/account/two-factor/off"):
            page = alice.opens(path)
            proofs = [{"current_password": "", "code": ""}, {"current_password": PASSWORD, "code": "000000"}]
            said(acme, page, *(alice.submits(page, "#two_factor-proof-form", **each) for each in proofs))
        right = {"current_password": PASSWORD, "code": shown(alice_actor, steps=1)}
        codes = alice.submits(alice.opens("/account/two-factor/recovery-codes"), "#two_factor-proof-form", **right)
        for each in codes.soup.select("code, textarea, ul li, ol li"):
            each.decompose()
        said(acme, codes)


def test_invitations_members_and_links_are_said_in_the_language(
    olivia: Browser, visitor: Browser, bob: Browser, acme: Customer, bob_actor: Actor
) -> None:
    speaks(olivia, visitor, bob)
    invited = test_members.invites(olivia)
    refused = [test_members.invites(olivia, each) for each in ("", "x", test_members.NEW, bob_actor.email)]
    path = test_members.link(acme)
    opened = visitor.opens(path)
    wrong = [
        visitor.submits(opened, "#invitation-form", name=name, password=word)
        for name, word in (("", ""), ("C", "short"))
    ]
    said(acme, invited, *refused, opened, *wrong, bob.opens(path), visitor.opens("/invitation/none"))
    joined = visitor.submits(opened, "#invitation-form", name="Carol Cole", password=test_members.GOOD)
    page = olivia.opens(test_members.PATH)
    alone = olivia.posts(f"{test_members.PATH}leave", {"csrf_token": page.value("csrf_token")})
    said(acme, joined, page, alone, olivia.opens("/account/activity/"), olivia.opens(f"{AUTHENTICATION}account/"))
    made = test_access_links.makes(olivia)
    link = test_access_links.path_in(made)
    unnamed = test_access_links.makes(olivia, "")
    said(
        acme, made, unnamed, visitor.opens(link), olivia.opens(test_access_links.PATH), visitor.opens("/read-only/none")
    )


def test_another_address_and_password_are_said_in_the_language(
    alice: Browser, bob: Browser, visitor: Browser, acme: Customer
) -> None:
    speaks(alice, bob, visitor)
    asks = test_confirm_sign_in_email.asks
    refused = [asks(alice, each) for each in ("", "x", ALICE.email, "zoë@acme.example")]
    asked = asks(alice)
    link = test_confirm_sign_in_email.link()
    opened = [each.opens(link) for each in (visitor, bob, alice)]
    page = alice.opens(AUTHENTICATION)
    wrong = [
        alice.submits(page, CHANGE, current_password=now, new_password=new)
        for now, new in (("wrong", "x"), (PASSWORD, "short"), (PASSWORD, "password1"), (PASSWORD, PASSWORD))
    ]
    confirmed = alice.submits(opened[-1], "form[method=post]")
    said(acme, *refused, asked, *opened, page, *wrong, confirmed, alice.opens(link), alice.opens(AUTHENTICATION))


def test_tokens_keys_and_what_asks_for_the_password_are_said_in_the_language(alice: Browser, acme: Customer) -> None:
    speaks(alice)
    page = alice.opens(TOKENS)
    tokens = [
        alice.submits(page, "#api_tokens-form", button="#api_tokens-save", **typed)
        for typed in ({"name": ""}, {"name": "backup", "scopes": []}, {"name": "backup", "scopes": ["billing:read"]})
    ]
    for each in tokens[-1].soup.select("#api_tokens-made code"):
        each.decompose()
    form = alice.opens(KEYS)
    keys = [
        alice.submits(form, "#ssh_keys-form", button="#ssh_keys-save", public_key=each)
        for each in ("", "x", "ssh-rsa é", PRIVATE_OPENSSH, RSA_1024, f"{ED25519}\n{OTHER}", ED25519, ED25519)
    ]
    for kept in keys:
        for each in kept.soup.select("textarea, td, th"):
            each.decompose()
    said(acme, *tokens, alice.opens(TOKENS), *keys)
    with after(LATER):
        asked = alice.submits(alice.opens(TOKENS), "#api_tokens-form", button="#api_tokens-save", name="backup")
        wrong = alice.submits(asked, "#confirm_access-form form", confirm_password="wrong")
        said(acme, asked, wrong)
