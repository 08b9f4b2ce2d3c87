"""The bugs of sign-ins with a provider: whose account it is, and which browser began."""

from tests.mutants.bug import Bug

WITH = "tests/pages/test_sign_in_with.py"
IDENTITIES, PROVIDERS = "tests/pages/test_identities.py", "tests/gateways/test_identity.py"

BUGS = [
    Bug(
        "a sign-in is ended by any browser: the state is not checked",
        "app/web/identity/attempts.py",
        ' and compare_digest(row["state"].encode(), state.encode("utf-8", "surrogatepass"))',
        "",
        (f"{WITH}::test_asvs_10_1_2_only_the_browser_that_began_a_sign_in_ends_it",),
    ),
    Bug(
        "an ID token of another sign-in lets in: the nonce is not checked",
        "app/gateways/identity/openid.py",
        '{"nonce": nonce, "client_id"',
        '{"client_id"',
        (f"{PROVIDERS}::test_asvs_9_2_an_id_token_is_refused_that_is",),
    ),
    Bug(
        "an ID token for somebody else lets in",
        "app/gateways/identity/openid.py",
        '                    "aud": {"essential": True, "value": self._of.client_id},\n',
        "",
        (f"{PROVIDERS}::test_asvs_9_2_an_id_token_is_refused_that_is",),
    ),
    Bug(
        "a member with a password is found by an address",
        "app/domain/people/identities.py",
        "ways.has_password or ways.passkeys or ",
        "ways.passkeys or ",
        (f"{WITH}::test_asvs_6_8_1_an_account_with_anothers_address_does_not_let_in",),
    ),
    Bug(
        "an old sign-in at the provider confirms a change",
        "app/services/sign_in/identities.py",
        "seen is None or seen < asked_at - CLOCKS_DIFFER",
        "False",
        (f"{IDENTITIES}::test_asvs_7_5_3_an_old_sign_in_there_and_another_account_confirm_nothing",),
    ),
]
