"""Frame origins: whose pages may show the portal in a frame."""

from typing import Any

from pydantic import Field

from app.api.contract.operations import Model, Moment, Page, caller, operation, resource
from app.domain.embedding.origins import LONGEST_ORIGIN
from app.models.members import FrameOrigin
from app.services.access import frame_origins

bp = resource("frame_origins")
TAG = "Embedding"
SCOPE = "embed:manage"


class OriginIn(Model):
    """An origin."""

    origin: str = Field(
        min_length=1,
        max_length=LONGEST_ORIGIN,
        description="`https://`, a host name, and a port where it is not 443; `http://` for localhost alone.",
        examples=["https://app.example.com"],
    )


class OriginOut(OriginIn):
    """An origin whose pages may frame the portal."""

    created_at: Moment


@operation(bp, "POST", "/frame_origins", scope=SCOPE, body=OriginIn, answers={201: OriginOut}, refusals=(409,), tag=TAG)
def add(body: OriginIn) -> OriginOut:
    """Let an origin's pages show the portal in a frame, from now on. Twice is once."""
    return _shown(frame_origins.add(body.origin, by=caller().key_id))


@operation(bp, "GET", "/frame_origins", scope=SCOPE, answers={200: Page[OriginOut]}, tag=TAG)
def listed() -> Page[OriginOut]:
    """List the origins. There are 50 at most, so this is one page."""
    return Page[OriginOut](data=[_shown(each) for each in frame_origins.listed()])


@operation(bp, "DELETE", "/frame_origins", scope=SCOPE, query=OriginIn, answers={204: None}, refusals=(404,), tag=TAG)
def remove(query: OriginIn) -> None:
    """Let an origin's pages show the portal no more, from now on."""
    frame_origins.remove(query.origin, by=caller().key_id)


def _shown(row: FrameOrigin) -> OriginOut:
    values: dict[str, Any] = {"origin": row.origin, "created_at": row.created_at}
    return OriginOut(**values)
