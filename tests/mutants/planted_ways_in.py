"""The bugs of how a member gets in: passwords, mailed links, addresses, and the end of an account."""

from tests.mutants.bug import Bug

AUTHENTICATION = "tests/pages/test_authentication.py"
FORGOT, RESET = "tests/pages/test_forgot_password.py", "tests/pages/test_reset_password.py"
EMAIL, ACCOUNT = "tests/pages/test_confirm_sign_in_email.py", "tests/pages/test_own_account.py"
TRIES = "tests/pages/test_sign_in_tries.py"
DEAD = f"{RESET}::test_a_link_is_dead_once_what_it_was_mailed_for_has_changed"

SECRETS, HALVES = "tests/domain/test_ssh_key_secrets.py", "tests/pages/test_ssh_key_halves.py"

BUGS = [
    Bug(
        "another password ends no other session",
        "app/services/sign_in/passwords.py",
        "ended = own_sessions.end_all(session, member.id, but=by.token)",
        "ended = 0",
        (f"{AUTHENTICATION}::test_asvs_7_4_3_another_password_ends_the_other_sessions_and_a_mail_says_so",),
    ),
    Bug(
        "a link for a password is good after the password changed",
        "app/services/sign_in/passwords.py",
        "    links.kill(session, member.id)\n",
        "",
        (DEAD, f"{RESET}::test_asvs_6_4_3_a_mailed_link_lets_a_member_choose_a_password_once"),
    ),
    Bug(
        "a link for a password outlives the address that it was mailed to",
        "app/services/sign_in/links.py",
        "if found is None or (purpose == RESET and mailboxes.kept(found[0].email) != mailboxes.kept(found[1].email)):",
        "if found is None:",
        (DEAD,),
    ),
    Bug(
        "whoever asks again and again kills each link",
        "app/services/sign_in/links.py",
        "    if times >= most:\n        return None\n",
        "",
        (f"{FORGOT}::test_asking_is_limited_for_a_network_address_and_a_member_is_sent_three_links_an_hour",),
    ),
    Bug(
        "the owner of an address is asked whether it is another member's",
        "app/services/mail/sign_in_text.py",
        "taken = template == mails.CONFIRM_SIGN_IN_EMAIL and db.session.scalar(",
        "taken = template != mails.CONFIRM_SIGN_IN_EMAIL and db.session.scalar(",
        (f"{EMAIL}::test_asvs_6_3_8_an_address_that_somebody_has_is_answered_alike",),
    ),
    Bug(
        "whoever reads the mailbox of a new address has the account",
        "app/services/sign_in/emails.py",
        "            _ask_own(member, by_member)\n",
        "",
        (f"{EMAIL}::test_whoever_reads_the_mailbox_alone_confirms_nothing",),
    ),
    Bug(
        "an account can be guessed at from many addresses",
        "app/web/password_tries.py",
        "        if not is_known:\n            tries.take(PER_ACCOUNT, account)\n",
        "",
        (f"{TRIES}::test_asvs_6_3_1_guessing_from_many_addresses_closes_an_account_whether_there_is_one_or_not",),
    ),
    Bug(
        "who guesses locks the member out",
        "app/web/password_tries.py",
        "if not is_known and not tries.are_left(PER_ACCOUNT, account):",
        "if not tries.are_left(PER_ACCOUNT, account):",
        (f"{TRIES}::test_a_known_browser_gets_in_while_others_guess_and_has_no_more_than_five_tries_itself",),
    ),
    Bug(
        "the only owner leaves a customer with a plan",
        "app/services/people/deletion.py",
        "        if found:\n",
        "        if found and not found:\n",
        (f"{ACCOUNT}::test_the_only_owner_is_kept_by_a_plan_a_debt_and_by_others",),
    ),
    Bug(
        "half of a secret is a name",
        "app/domain/people/ssh_key_pieces.py",
        "MOST_IN_NO_WORD = 14",
        "MOST_IN_NO_WORD = 24",
        (f"{SECRETS}::test_drawn_secrets_are_no_names",),
    ),
    Bug(
        "a number is a word of a name",
        "app/domain/people/ssh_key_pieces.py",
        "    return numbers + (0 if",
        "    return (0 if",
        (f"{SECRETS}::test_the_private_half_beside_its_key_is_no_name_in_any_form",),
    ),
    Bug(
        "a comment with a secret becomes the name",
        "app/domain/people/ssh_keys.py",
        " and not ssh_key_pieces.may_be_secret(comment)",
        "",
        (f"{HALVES}::test_a_comment_with_a_secret_is_not_taken_and_nowhere_kept",),
    ),
    Bug(
        "a comment with a secret waits in the question for the password",
        "app/blueprints/account/ssh_keys.py",
        ", keeps=_asked_with)",
        ")",
        (f"{HALVES}::test_a_comment_with_a_secret_is_not_taken_and_nowhere_kept",),
    ),
    Bug(
        "what a limit says in two ways is read in one",
        "app/domain/typed_numbers.py",
        "    if mark == expected or counting(small)",
        "    if mark != expected or counting(small)",
        ("tests/domain/test_two_readings.py",),
    ),
    Bug(
        "a field shows what it does not take back",
        "app/forms/amounts.py",
        "decimals_to_type(value, decimals)",
        "decimals",
        ("tests/domain/test_two_readings.py",),
    ),
    Bug(
        "Activity says the codes that are kept",
        "app/presenters/people/activity.py",
        "        if self.in_codes:\n",
        "        if self.unit:\n",
        ("tests/presenters/test_activity.py",),
    ),
]
