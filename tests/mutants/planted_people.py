"""The bugs of who acts for a customer: switching, members, read-only links and what is undone."""

from tests.mutants.bug import Bug

CUSTOMERS = "tests/pages/test_customers.py"
MEMBERS = "tests/pages/test_members.py"
LINKS = "tests/pages/test_access_links.py"
ACTIVITY = "tests/pages/test_activity.py"
TEAM = "app/services/people/team.py"
LEFT = "tests/pages/test_left_behind.py"

BUGS = [
    Bug(
        "a form of the customer before changes the one now",
        "app/web/session_cookie.py",
        "json.dumps(kept)",
        "json.dumps(dict(self) | kept)",
        (f"{CUSTOMERS}::test_a_form_of_the_customer_before_changes_nothing_of_this_one",),
    ),
    Bug(
        "an older request brings the form token of the customer before back",
        "app/services/access/sessions.py",
        "        if customer_id is not None and row.customer_id != customer_id:\n            return\n",
        "",
        (f"{CUSTOMERS}::test_what_an_older_request_kept_does_not_bring_its_form_token_back",),
    ),
    Bug(
        "a member switches to a customer that is not theirs",
        "app/services/access/sessions.py",
        "                is_member.exists(),\n",
        "",
        (f"{CUSTOMERS}::test_nobody_switches_to_a_customer_that_is_not_theirs",),
    ),
    Bug(
        "the last owner can be removed",
        TEAM,
        "        if role is Role.OWNER:\n            _ask_another_owner",
        "        if role is None:\n            _ask_another_owner",
        (f"{MEMBERS}::test_the_last_owner_stays",),
    ),
    Bug(
        "a removed member's session comes back with the next invitation",
        TEAM,
        "for kind in (BrowserSession, PortalSession):",
        "for kind in (PortalSession,):",
        (f"{MEMBERS}::test_a_removed_members_sessions_and_links_die_at_once_and_stay_dead",),
    ),
    Bug(
        "an invitation's link is good for ever",
        "app/services/people/joining.py",
        "if row.asked_at + INVITATION_LASTS <= clock.now():",
        "if row.asked_at > clock.now():",
        (f"{MEMBERS}::test_asvs_6_4_1_a_link_ends_after_seven_days_when_sent_again_and_when_withdrawn",),
    ),
    Bug(
        "a read-only link opens a page more",
        "app/blueprints/invoices.py",
        '@bp.post("/invoices/years/<year>/mail")\n',
        '@bp.post("/invoices/years/<year>/mail")\n@papers_too\n',
        (f"{LINKS}::test_every_other_route_refuses",),
    ),
    Bug(
        "a link that is over or revoked opens",
        "app/services/people/access_links.py",
        ".where(AccessLink.token_hash == hash_of(token), *are_good())\n            .values",
        ".where(AccessLink.token_hash == hash_of(token))\n            .values",
        (f"{LINKS}::test_it_ends_when_revoked_when_over_and_when_its_maker_is_removed",),
    ),
    Bug(
        "a change is undone over a later one",
        "app/services/people/activity_undo.py",
        "    if any(fields & touched(each.before, each.after) for each in activity.later(actor.customer_id, entry)):\n"
        "        raise CHANGED_LATER.copied()\n",
        "",
        (f"{ACTIVITY}::test_nothing_is_undone_over_a_later_change",),
    ),
    Bug(
        "the first invoice address can be undone",
        "app/services/people/activity_undo.py",
        "        raise FIRST.copied()\n",
        "        pass\n",
        (f"{ACTIVITY}::test_the_first_invoice_address_is_not_undone",),
    ),
    Bug(
        "the last day that there is breaks the list",
        "app/services/people/activity.py",
        " and query.last < date.max",
        "",
        ("tests/pages/test_far_days.py::test_no_day_is_too_far_for_a_page",),
    ),
    Bug(
        "notices that a session cannot keep break the page",
        "app/web/session_cookie.py",
        "while len(data) > DATA_LIMIT and",
        "while not data and",
        (f"{LINKS}::test_more_notices_than_a_session_keeps_leave_the_newest",),
    ),
    Bug(
        "a change is undone after a day",
        "app/domain/people/activity.py",
        "and now - at < UNDO_WITHIN",
        "and now >= at",
        (f"{ACTIVITY}::test_after_a_day_and_for_charges_there_is_no_undo",),
    ),
    Bug(
        "an invitation outlives who may make it",
        "app/services/people/joining.py",
        "    if not _inviter_may(session, row):\n",
        "    if False:\n",
        ("tests/pages/test_invitations_end.py::test_who_goes_does_not_come_back_by_an_invitation_of_their_own",),
    ),
    Bug(
        "a demoted member's read-only link goes on",
        "app/services/people/team.py",
        "            if not role.may_manage:\n",
        "            if not role:\n",
        ("tests/pages/test_access_links.py::test_it_ends_with_the_right_to_make_it_and_the_trail_says_so",),
    ),
    Bug(
        "mails to addresses that were asked for outlive the account",
        "app/services/people/deletion.py",
        "    own = Mail.member_id == member.id\n",
        "    own = Mail.recipient == member.email\n",
        (f"{LEFT}::test_after_the_end_no_mail_names_an_address_that_was_asked_for_or_was_the_members_before",),
    ),
]
