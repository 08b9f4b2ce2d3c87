"""Portal sessions: one-time links that a host product's backend makes, for a frame or for a redirect."""

from datetime import timedelta
from typing import Literal

from pydantic import Field

from app import clock
from app.api.contract import idempotency
from app.api.contract.operations import Model, Moment, caller, customer_in, operation, request_key, resource
from app.api.contract.patterns import LOCALE
from app.domain.embedding.origins import origin_in
from app.domain.embedding.themes import MOST_RADIUS, theme_of
from app.domain.errors import Refused
from app.domain.people.members import Role
from app.services import portal_links
from app.services.access import frame_origins, portal_sessions
from app.services.catalog import versions
from app.web.embedding import views

bp = resource("portal_sessions")
AHEAD = timedelta(minutes=5)
"""How far another server's clock may be ahead of ours."""


class ThemeIn(Model):
    """The look of the portal inside your product: a mode, and the tokens that it may set."""

    mode: Literal["light", "dark", "system"] = "system"
    accent: str | None = Field(
        None, max_length=7, description="Links and main buttons; a contrast of 4.5 to white.", examples=["#2149c9"]
    )
    accent_dark: str | None = Field(
        None,
        max_length=7,
        description="The same in the dark; left out, `accent` is made lighter.",
        examples=["#8fabff"],
    )
    radius: int | None = Field(None, ge=0, le=MOST_RADIUS, description="How round corners are, in pixels.")
    font: Literal["portal", "system"] | None = Field(
        None, description="The portal's typeface, or the reader's own, which is usual in a frame."
    )


class PortalSessionIn(Model):
    """Who is to see which page, and how it looks."""

    customer: str = Field(min_length=1, max_length=200, description="Our id of the customer, or yours.")
    member_email: str | None = Field(
        None, max_length=254, description="Who acts. May be left out where the customer has one member alone."
    )
    member_name: str | None = Field(
        None, min_length=1, max_length=200, description="What a member is called who is made by this request."
    )
    role: Literal["owner", "billing_manager", "viewer"] | None = Field(
        None, description="The most that the member may do in this session, and the role of one who is made by it."
    )
    view: str | None = Field(
        None,
        min_length=1,
        max_length=2000,
        description="Where it begins: a page's word, such as `invoices` or `add_credits`, or its path. One that the "
        "customer's catalog leaves out, such as `referrals`, is refused (`view_not_offered`).",
        examples=["invoices"],
    )
    return_url: str | None = Field(
        None, max_length=2000, description="Where the portal leads back to: an address at one of the frame's origins."
    )
    locale: str | None = Field(
        None,
        pattern=LOCALE,
        max_length=35,
        description="The member's language: `en`, `de`, `fr`, `es`, `he`, also with a region. Without one, or with "
        "another: the one that the member chose on Profile, else the browser's, else English.",
        examples=["en"],
    )
    theme: ThemeIn | None = None
    auth_time: Moment | None = Field(
        None,
        description="When the member last proved to you who he or she is. For 10 minutes from then on no password is "
        "asked for before sensitive changes. More than 5 minutes ahead of our clock is refused (`auth_time_ahead`).",
    )


class PortalSessionOut(Model):
    """A link that works once."""

    url: str
    expires_at: Moment = Field(description="A minute after the request.")


@operation(
    bp,
    "POST",
    "/portal_sessions",
    scope="embed:create",
    body=PortalSessionIn,
    answers={201: PortalSessionOut},
    refusals=(404, 409),
    tag="Embedding",
    idempotent=False,
)
def create(body: PortalSessionIn) -> PortalSessionOut:
    """Make a link into the portal for one member.

    Load it in a frame of a page whose origin the seller has added, or send the browser there. It works once, for a
    minute. Who is no member yet is made one where the catalog's `embedding.creates_members` says so; otherwise that is
    refused (404 `member_not_found`). The same Idempotency-Key and body answer with the same link.
    """
    customer = customer_in(body.customer)
    path = views.path_of(body.view or "overview")
    if path is None:
        raise Refused("There is no such page. Name one as its address does: `invoices`.", "view_unknown", 422, "view")
    if not views.is_offered(path, versions.of(customer)):
        words = "The catalog of this customer does not offer that page. Begin with another one, such as `overview`."
        raise Refused(words, "view_not_offered", 422, "view")
    if body.auth_time and body.auth_time > clock.now() + AHEAD:
        words = (
            "It is more than 5 minutes ahead of our clock. Send when the member signed in, by a clock that is right."
        )
        raise Refused(words, "auth_time_ahead", 422, "auth_time")
    theme = theme_of(body.theme.model_dump(exclude_none=True) if body.theme else {})
    options = {
        "theme": {"mode": theme.mode, **theme.tokens},
        "return_url": _way_back(body.return_url),
        "locale": body.locale or "",
    }
    wanted = portal_sessions.Wanted(
        email=body.member_email,
        role=Role(body.role) if body.role else None,
        name=body.member_name,
        path=path,
        options=options,
        authenticated_at=body.auth_time,
        creates_members=versions.of(customer).embedding.creates_members,
        request_key=request_key(),
        request_digest=idempotency.digest_of(body.model_dump(mode="json")),
    )
    try:
        made = portal_sessions.create(customer, wanted, by=caller().key_id)
    except Refused as refusal:
        refusal.field = {"email": "member_email", "name": "member_name"}.get(refusal.field, refusal.field)
        raise
    return PortalSessionOut(url=portal_links.page("portal_session.enter", token=made.token), expires_at=made.expires_at)


def _way_back(address: str | None) -> str:
    """Return the address if it is at an origin of the seller's, or refuse."""
    if not address:
        return ""
    origin = origin_in(address)
    if not (address.isprintable() and origin and origin in frame_origins.allowed() and address.startswith(origin)):
        words = "It is at no origin that the seller has added: see `POST /v1/frame_origins`."
        raise Refused(words, "return_url_not_allowed", 422, "return_url")
    return address
