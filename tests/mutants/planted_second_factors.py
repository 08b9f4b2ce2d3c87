"""The bugs of second factors and passkeys: a code twice, a step left out, a challenge used again, another site's answer."""

from tests.mutants.bug import Bug

SECOND = "tests/pages/test_second_factor.py"
TWO_FACTOR = "tests/pages/test_two_factor.py"
PASSKEYS = "tests/pages/test_passkeys.py"
REFUSED = "tests/pages/test_passkeys_refused.py"
SERVICE = "app/services/sign_in/two_factor.py"
SECURITY = "tests/security/test_asvs_sign_in.py"
HALF = "tests/pages/test_half_signed_in.py"

BUGS = [
    Bug(
        "the same code of an app twice",
        SERVICE,
        ", TwoFactor.last_step < step)",
        ")",
        (f"{SECOND}::test_asvs_6_5_1_a_code_is_accepted_once",),
    ),
    Bug(
        "the first code signs in as well",
        SERVICE,
        "        _take(session, row, code)\n        made",
        "        made",
        (f"{TWO_FACTOR}::test_it_is_set_up_by_the_first_code_and_shows_ten_recovery_codes",),
    ),
    Bug(
        "a code of the step before",
        SERVICE,
        "if not hmac.compare_digest(shown, code.digits):",
        "if code.digits not in {shown, before}:",
        (f"{SECOND}::test_asvs_6_5_5_a_code_lasts_its_own_thirty_seconds",),
    ),
    Bug(
        "a recovery code twice",
        "app/services/sign_in/recovery_codes.py",
        "            RecoveryCode.used_at.is_(None),\n        )\n        .values",
        "        )\n        .values",
        (f"{SECOND}::test_asvs_6_5_2_a_recovery_code_works_once_and_says_how_many_are_left",),
    ),
    Bug(
        "old recovery codes beside the new ones",
        "app/services/sign_in/recovery_codes.py",
        "    session.execute(delete(RecoveryCode).where(RecoveryCode.member_id == member_id))\n",
        "",
        (f"{TWO_FACTOR}::test_new_recovery_codes_kill_the_old_ones_at_once",),
    ),
    Bug(
        "the second step is left out",
        "app/web/second_step/half_signed_in.py",
        "if not who.has_two_factor:",
        "if who.member_id:",
        (f"{SECOND}::test_asvs_6_3_3_nothing_is_open_between_the_password_and_the_code",),
    ),
    Bug(
        "the second step may come at any time",
        "app/web/second_step/half_signed_in.py",
        'if not kept or clock.now() >= datetime.fromisoformat(kept["until"]):',
        "if not kept:",
        (f"{SECOND}::test_five_minutes_after_the_password_it_is_asked_for_again",),
    ),
    Bug(
        "a password that fits forgets the tries of codes",
        "app/web/second_step/code_tries.py",
        "or not tries.take(FROM_ADDRESS, key)",
        "or not tries.are_left(FROM_ADDRESS, key)",
        (f"{SECOND}::test_asvs_6_3_1_five_wrong_codes_close_the_door_even_to_the_right_one",),
    ),
    Bug(
        "switched off by the password alone",
        SERVICE,
        "        use(session, by, typed, is_mailed=False)\n        forget",
        "        forget",
        (f"{TWO_FACTOR}::test_asvs_7_5_1_a_change_asks_for_password_and_code_however_fresh_the_sign_in",),
    ),
    Bug(
        "switched off by a code alone",
        "app/blueprints/account/two_factor.py",
        "        if standing.has_password:\n            _check_password",
        "        if not by.member_id:\n            _check_password",
        (f"{TWO_FACTOR}::test_asvs_7_5_1_a_change_asks_for_password_and_code_however_fresh_the_sign_in",),
    ),
    Bug(
        "a challenge twice",
        "app/services/sign_in/challenges.py",
        "        ).first()\n    if taken",
        "        ).first()\n        session.rollback()\n    if taken",
        (f"{REFUSED}::test_a_challenge_is_used_up_by_an_answer_that_is_wrong",),
    ),
    Bug(
        "a challenge of another session",
        "app/services/sign_in/challenges.py",
        "                PasskeyChallenge.session_hash == hash_of(session_token),\n",
        "",
        (f"{REFUSED}::test_a_challenge_is_taken_once_in_its_session_for_its_purpose_and_for_five_minutes",),
    ),
    Bug(
        "what was signed in a frame of another site",
        "app/services/sign_in/passkey_answers.py",
        'if said.get("crossOrigin") or said.get("topOrigin"):',
        'if said.get("topOrigin"):',
        (f"{REFUSED}::test_what_was_signed_elsewhere_opens_nothing",),
    ),
    Bug(
        "a device that did not see who holds it",
        "app/services/sign_in/passkeys.py",
        "            credential_current_sign_count=kept.sign_count,\n            require_user_verification=True,",
        "            credential_current_sign_count=kept.sign_count,\n            require_user_verification=False,",
        (f"{REFUSED}::test_a_device_that_did_not_see_who_holds_it_opens_nothing",),
    ),
    Bug(
        "another member's passkey confirms",
        "app/services/sign_in/passkeys.py",
        " or (member_id is not None and found.Passkey.member_id != member_id)",
        "",
        (f"{REFUSED}::test_anothers_passkey_is_no_second_factor_and_confirms_nothing",),
    ),
    Bug(
        "a sign-in that is being checked outlives the end of all sessions",
        "app/services/access/session_facts.py",
        "    if now != sessions_ended:",
        "    if now is None:",
        (f"{HALF}::test_a_sign_in_that_was_being_checked_when_sessions_ended_begins_none",),
    ),
    Bug(
        "sessions of before are not asked for two factors",
        "app/web/login.py",
        "    if kept.embedded or actor.is_link:",
        "    if kept.embedded or actor.member_id:",
        (f"{SECURITY}::test_sessions_that_began_before_two_factors_were_asked_for_are_asked_at_their_next_request",),
    ),
    Bug(
        "switched off by a code alone where there is no password",
        "app/blueprints/account/two_factor.py",
        "    return not two_factor.standing(current_actor().member_id).has_password",
        "    return False",
        (f"{TWO_FACTOR}::test_who_has_no_password_and_signed_in_a_while_ago_is_not_asked_for_a_code_alone",),
    ),
]
