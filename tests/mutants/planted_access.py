"""The bugs of who gets in: sessions, and the password before sensitive changes."""

from tests.mutants.bug import Bug

CONFIRM = "tests/pages/test_confirm_access.py"
REFUSED = "tests/pages/test_confirm_access_refused.py"
COOKIES = "tests/security/test_cookies.py"

SIGN_IN = "tests/pages/test_sign_in.py"

BADGE = "tests/pages/test_balance_badge.py"
ENDED = "tests/pages/test_sign_in_ended.py"

UNDO = "tests/pages/test_usage_undo.py"

SSH_KEYS = "tests/pages/test_ssh_keys.py"

TOKENS = "tests/pages/test_api_tokens.py"

BUGS = [
    Bug(
        "a token of a removed member is still good",
        "app/services/access/api_keys.py",
        " or membership is None:\n        return False\n",
        ":\n        return False\n    if membership is None:\n        return True\n",
        (f"{TOKENS}::test_a_token_of_a_removed_member_is_dead_at_once",),
    ),
    Bug(
        "a token of who came back is good again",
        "app/services/access/api_keys.py",
        "membership.created_at <= key.created_at and ",
        "",
        (f"{TOKENS}::test_a_token_of_a_removed_member_is_dead_at_once",),
    ),
    Bug(
        "a token does more than its member's new role",
        "app/services/access/api_keys.py",
        " and api_tokens.is_within(key.scopes.split(), membership.role)",
        "",
        (f"{TOKENS}::test_a_token_of_a_removed_member_is_dead_at_once",),
    ),
    Bug(
        "a private key comes back in the form",
        "app/blueprints/account/ssh_keys.py",
        "    _forget(form.public_key, partial(ssh_key_reading.refuse_private, with_comments=True))\n",
        "",
        (f"{SSH_KEYS}::test_a_private_key_is_refused_and_no_longer_there",),
    ),
    Bug(
        "a private key waits in the question for the password",
        "app/blueprints/account/ssh_keys.py",
        ", when=_is_public,",
        ",",
        (f"{SSH_KEYS}::test_a_private_key_is_refused_and_no_longer_there",),
    ),
    Bug(
        "a private key comes back in the field for the name",
        "app/blueprints/account/ssh_keys.py",
        "    _forget(form.name, ssh_key_reading.refuse_private_name)\n",
        "",
        (f"{SSH_KEYS}::test_wrapped_and_cut_private_keys_are_refused_in_both_fields",),
    ),
    Bug(
        "a key that anybody can use is taken",
        "app/services/access/ssh_key_reading.py",
        "    if _is_weak(key):\n        raise ssh_keys.weak()\n",
        "",
        (f"{SSH_KEYS}::test_weak_keys_are_refused",),
    ),
    Bug(
        "a host is given the keys of members who were disabled",
        "app/services/access/ssh_keys.py",
        ", Member.disabled_at.is_(None)",
        "",
        (f"{SSH_KEYS}::test_a_host_sees_the_keys_of_who_acts_for_the_customer_now_page_by_page",),
    ),
    Bug(
        "an alert that is put back is another one",
        "app/services/alerts/removals.py",
        "            id=gone.id,\n",
        '            id=gone.id + "x",\n',
        (f"{UNDO}::test_an_alert_is_there_again_as_it_was",),
    ),
    Bug(
        "a removal can be undone for ever",
        "app/web/undo.py",
        ' or datetime.fromisoformat(kept["until"]) < clock.now()',
        "",
        (f"{UNDO}::test_it_is_offered_for_a_short_while_and_for_the_last_removal_alone",),
    ),
    Bug(
        "a page that is not there loses the frame",
        "app/web/errors/pages.py",
        'page = (_framed(words) if status < 500 else "") or render_template("errors/page.html", **words)',
        'page = render_template("errors/page.html", **words)',
        ("tests/pages/test_errors.py::test_a_page_that_is_not_there_keeps_the_frame",),
    ),
    Bug(
        "the balance badge keeps its reader signed in",
        "app/blueprints/entry/balance_badge.py",
        "    session.is_quiet = True\n",
        "",
        (f"{BADGE}::test_it_keeps_nobody_signed_in",),
    ),
    Bug(
        "a page that asks by itself keeps its reader signed in",
        "app/web/session_cookie.py",
        'session.is_quiet = asked.method == "GET" and BY_ITSELF in asked.headers',
        "session.is_quiet = False",
        (f"{BADGE}::test_it_keeps_nobody_signed_in",),
    ),
    Bug(
        "the balance badge misses a grant that ends by itself",
        "app/services/access/badge.py",
        "            ~select(Grant.id).where(Grant.customer_id == Customer.customer_id, moves).exists(),\n",
        "",
        (f"{BADGE}::test_a_grant_that_begins_or_ends_by_itself_moves_it",),
    ),
    Bug(
        "a session that ended loses the amount typed",
        "app/web/access.py",
        "_sign_in_url(_choice() or _page())",
        "_sign_in_url(_page())",
        (f"{ENDED}::test_the_amount_that_was_sent_comes_back",),
    ),
    Bug(
        "the sign-in leads back to another site's path",
        "app/web/access.py",
        'if f"{sender.scheme}://{sender.netloc}" in {path_mode.own_origin(), settings().base_url}:',
        "if sender.netloc:",
        (f"{ENDED}::test_no_other_site_is_come_back_to",),
    ),
    Bug(
        "no limit of sign-ins from one address",
        "app/web/password_tries.py",
        "if not tries.are_left(PER_ADDRESS, place) or not tries.take(PER_MEMBER, member_key):",
        "if not tries.take(PER_MEMBER, member_key):",
        (f"{SIGN_IN}::test_fifty_wrong_tries_close_the_door_to_their_address_and_to_no_other",),
    ),
    Bug(
        "sensitive changes ask nobody",
        "app/web/access.py",
        'if "is_sensitive" in marks and not login_fresh() and marks["is_sensitive"].when():',
        'if "is_sensitive" in marks and login_fresh() is None:',
        (f"{CONFIRM}::test_a_change_asks_and_is_made_by_the_same_form",),
    ),
    Bug(
        "any password confirms",
        "app/services/access/members.py",
        "    if not (right and kept):\n",
        "    if not kept:\n",
        (f"{REFUSED}::test_nothing_is_made_fresh_by_a_wrong_password",),
    ),
    Bug(
        "the old token outlives a confirmation",
        "app/services/access/sessions.py",
        ".values(token_hash=hash_of(renewed), authenticated_at=now)",
        ".values(token_hash=hash_of(renewed := token), authenticated_at=now)",
        (f"{CONFIRM}::test_asvs_7_2_4_the_token_changes_and_the_old_one_is_dead_at_once",),
    ),
    Bug(
        "fresh for ever",
        "app/services/access/sessions.py",
        "kept.authenticated_at is not None and now - kept.authenticated_at <= FRESH_FOR",
        "kept.authenticated_at is not None",
        (f"{CONFIRM}::test_it_lasts_ten_minutes_from_the_confirmation",),
    ),
    Bug(
        "what is not offered is there",
        "app/web/access.py",
        'marks["is_offered"]()',
        'bool(marks["is_offered"])',
        ("tests/pages/test_spend_management.py::test_it_is_not_there_where_the_seller_does_not_offer_it",),
    ),
    Bug(
        "what was typed is dropped",
        "app/web/fresh_sign_in.py",
        "_question(sensitive, purpose, form, 401, here, _typed(sensitive))",
        "_question(sensitive, purpose, form, 401, here, _typed(sensitive)[:1])",
        (f"{CONFIRM}::test_what_was_typed_is_kept_through_wrong_passwords",),
    ),
    Bug(
        "wrong passwords of a confirmation are not counted",
        "app/web/fresh_sign_in.py",
        "password_tries.counted(actor.email, lambda address: members.confirm(actor.member_id, password, address))",
        'members.confirm(actor.member_id, password, "")',
        (f"{REFUSED}::test_five_wrong_tries_close_it_even_to_the_right_password",),
    ),
    Bug(
        "a remember cookie signs in",
        "app/making.py",
        '"REMEMBER_COOKIE_NAME": None,',
        '"REMEMBER_COOKIE_NAME": "remember_token",',
        (COOKIES,),
    ),
    Bug(
        "the session's data says who is signed in",
        "app/web/session_cookie.py",
        "return default if values.get(key) is None else values[key]",
        "return super().get(key, default if values.get(key) is None else values[key])",
        (f"{COOKIES}::test_asvs_7_2_1_the_data_of_a_session_says_nothing_of_who_is_signed_in",),
    ),
    Bug(
        "a key of a customer is made with the seller's scopes",
        "app/services/access/api_keys.py",
        "    if customer_id is not None and sellers:\n",
        '    if customer_id == "" and sellers:\n',
        ("tests/api/test_callers.py::test_a_scope_of_the_sellers_is_refused_to_a_key_of_a_customer",),
    ),
    Bug(
        "a key of a customer that had the seller's scopes from before keeps them",
        "app/services/access/api_keys.py",
        "            return scope in self.scopes - SELLERS_ONLY\n",
        "            return scope in self.scopes or ALL in self.scopes\n",
        ("tests/api/test_callers.py::test_a_scope_that_such_a_key_had_from_before_gives_it_nothing",),
    ),
    Bug(
        "the seller's id names any customer to a key of one",
        "app/services/customers/directory.py",
        '    if only is not None:\n        wanted = wanted.where(Customer.customer_id == only)\n    with as_service("look for',
        '    if only == "":\n        wanted = wanted.where(Customer.customer_id == only)\n    with as_service("look for',
        ("tests/api/test_external_ids.py::test_another_customers_is_not_found",),
    ),
    Bug(
        "a customer's id ends at a slash",
        "app/api/contract/addresses.py",
        """    regex = f"(?:(?!/(?:{'|'.join(ADDRESS_WORDS)})(?:/|$)).)+"\n""",
        """    regex = "[^/]+"\n""",
        ("tests/api/test_external_ids.py::test_whatever_it_has_in_it_it_names_its_customer",),
    ),
    Bug(
        "the client says yes for a permission that is over",
        "clients/python/purser_client/client.py",
        'allowed = bool(said["allowed"]) and state == ("captured" if capture else "held")',
        'allowed = bool(said["allowed"]) and state != ("captured" if capture is None else "")',
        ("tests/api/test_client_answers.py::test_a_permission_that_is_over_is_no_longer_a_yes",),
    ),
    Bug(
        "a wholly rejected report looks like success",
        "clients/python/purser_client/client.py",
        "        if sent and len(reported.rejected) == len(sent):\n",
        "        if sent and len(reported.rejected) > len(sent):\n",
        ("tests/api/test_client_answers.py::test_what_was_not_counted_is_said_with_its_place_and_why",),
    ),
]
