"""The bugs of the portal inside a host product: links, frames, windows and the path that holds a token."""

from tests.mutants.bug import Bug

LINKS = "tests/pages/test_portal_session.py"
WINDOWS = "tests/pages/test_windows_of_frames.py"
RENEWALS = "tests/browser/test_embedding.py"
HOSTS = "tests/browser/test_embedding_hosts.py"
FRAMES = "tests/security/test_frames.py"
ROLES = "tests/security/test_roles.py"
COMMANDS = "tests/cli/test_embedding.py"
SESSIONS = "app/services/access/portal_sessions.py"
FRAME = "app/web/embedding/frame.py"

BUGS = [
    Bug(
        "a link works twice",
        SESSIONS,
        "PortalSession.used_at.is_(None)",
        "PortalSession.token_hash.is_not(None)",
        (f"{LINKS}::test_a_link_works_once_and_for_a_minute",),
    ),
    Bug(
        "the address of the check works twice",
        SESSIONS,
        "PortalSession.checked_at.is_(None)",
        "PortalSession.check_hash.is_not(None)",
        (f"{LINKS}::test_the_address_of_the_check_works_once",),
    ),
    Bug(
        "any origin may use a link",
        "app/blueprints/entry/portal_session.py",
        "if sender and sender not in {*allowed,",
        "if sender and not allowed and sender not in {*allowed,",
        (f"{LINKS}::test_another_origin_is_refused_and_the_link_stays_good",),
    ),
    Bug(
        "looking ahead uses a link up",
        "app/blueprints/entry/portal_session.py",
        'if request.method == "HEAD" or "prefetch"',
        'if "prefetch"',
        (f"{LINKS}::test_a_link_works_once_and_for_a_minute",),
    ),
    Bug(
        "a page with a sign-in may be framed",
        FRAME,
        "return is_framed() and not is_open and",
        "return not is_open and",
        ("tests/security/test_headers.py::test_every_page_sends_them_to_members",),
    ),
    Bug(
        "pages whose address is the proof may be framed",
        FRAME,
        "return is_framed() and not is_open and",
        "return is_framed() and",
        (f"{FRAMES}::test_what_asks_for_a_password_or_has_a_token_in_its_address_is_never_framed",),
    ),
    Bug(
        "a password is taken in a frame",
        FRAME,
        'if request.blueprint == "confirm_access" and is_framed():',
        'if request.blueprint == "confirm_access" and not is_framed():',
        (f"{LINKS}::test_a_portal_session_never_becomes_a_sign_in",),
    ),
    Bug(
        "the bank opens inside the frame",
        FRAME,
        "if not name or not is_framed() or not _leaves(response.headers[name]):",
        "if not name or not is_framed() or _leaves(response.headers[name]):",
        (f"{WINDOWS}::test_what_leads_to_the_bank_opens_a_window_and_the_frame_keeps_its_page",),
    ),
    Bug(
        "the token goes to other sites in a Referer",
        "app/web/security_headers.py",
        'response.headers["Referrer-Policy"] = "strict-origin"',
        'response.headers["Referrer-Policy"] = "unsafe-url"',
        (f"{LINKS}::test_the_referrer_of_a_page_with_a_token_is_its_origin_alone",),
    ),
    Bug(
        "an answer leads out of path mode",
        "app/web/embedding/path_mode.py",
        "return root() + without_root(address)",
        "return without_root(address)",
        (f"{LINKS}::test_a_change_in_path_mode_leads_to_a_page_in_path_mode",),
    ),
    Bug(
        "any page sends forms to a frame with a cookie",
        "app/web/embedding/path_mode.py",
        "return has_request_context() and PATH_TOKEN in request.environ",
        "return has_request_context()",
        (f"{LINKS}::test_a_sandboxed_frame_without_an_origin_sends_forms_in_path_mode_alone",),
    ),
    Bug(
        "a frame takes the question for a password for the end of its session",
        "app/static/frame.js",
        'if (answer?.headers.has("Purser-Session")) {',
        "if (answer?.status === 401) {",
        (f"{HOSTS}::test_a_change_that_asks_for_the_password_is_made_with_a_window",),
    ),
    Bug(
        "what was typed in a form that was refused is gone with the next session",
        "app/static/frame.js",
        "held(field) !== (brought.get(keyOf(field)) ?? drawn(field));",
        "held(field) !== drawn(field);",
        (f"{RENEWALS}::test_a_session_that_is_over_is_renewed_in_place",),
    ),
    Bug(
        "the token of a window works on when the window is done",
        "app/blueprints/entry/portal_session.py",
        "if path_mode.is_on() and not frame.is_framed():",
        "if path_mode.is_on() and frame.is_framed():",
        (f"{WINDOWS}::test_a_window_whose_address_holds_its_token_is_over_once_it_is_done",),
    ),
    Bug(
        "a window with its token in the address lasts as long as it is used",
        SESSIONS,
        "now - sessions.FRAME_LIFETIME + WINDOW_LASTS, now + WINDOW_LASTS",
        "now, now + WINDOW_LASTS",
        (f"{WINDOWS}::test_a_window_whose_address_holds_its_token_lasts_ten_minutes",),
    ),
    Bug(
        "the role that the host names is not the most",
        "app/domain/people/members.py",
        "return max(self, Role(other), key=ranks.index) if other else self",
        "return min(self, Role(other), key=ranks.index) if other else self",
        (f"{ROLES}::test_asvs_8_2_1_each_role_is_let_in_where_the_table_says_so",),
    ),
    Bug(
        "an origin is any that looks like it",
        "app/domain/embedding/origins.py",
        "if not _HOST.fullmatch(host) or port == 0",
        "if not _HOST.match(host) or port == 0",
        ("tests/api/test_portal_sessions.py::test_what_is_no_origin_is_refused",),
    ),
    Bug(
        "an origin that was removed still frames",
        "app/services/access/frame_origins.py",
        "delete(FrameOrigin).where(FrameOrigin.origin == origin).returning(FrameOrigin.origin)",
        "select(FrameOrigin.origin).where(FrameOrigin.origin == origin)",
        (f"{COMMANDS}::test_origins_are_added_listed_and_removed",),
    ),
]
