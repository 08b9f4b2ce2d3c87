"""Profiles: what a member says of themselves, read and changed by that member alone."""

from dataclasses import asdict

from sqlalchemy.exc import IntegrityError

from app import ids
from app.domain.errors import Refused
from app.domain.language import _
from app.domain.people.profiles import Profile, checked_profile
from app.models.database import db
from app.models.members import Member
from app.models.scope import as_service
from app.services import audit
from app.services.outbox import events
from app.services.transaction import transaction


def current(member_id: str) -> Profile:
    """Return the member's profile as it is kept."""
    with as_service("read a profile"):
        return _of(db.session.get_one(Member, member_id))


def replace(member_id: str, customer_id: str, wanted: Profile, *, address: str = "") -> Profile:
    """Keep the profile; the audit trail of the customer that the member acts for says what changed.

    Refuses (422) what `app.domain.people` refuses, and (409) a username that somebody has.
    """
    kept = checked_profile(wanted)
    try:
        with as_service("change a profile"), transaction() as session:
            member = session.get_one(Member, member_id, with_for_update=True, populate_existing=True)
            before, after = asdict(_of(member)), asdict(kept)
            changed = {each for each, value in after.items() if before[each] != value}
            if not changed:
                return kept
            for name in changed:
                setattr(member, name, after[name] or (None if name == "username" else after[name]))
            session.flush()
            if "newsletter" in changed:
                chosen: dict[str, object] = {"member": member.id, "email": member.email, "name": member.name}
                chosen |= {"newsletter": kept.newsletter}
                events.write(session, customer_id, "member.newsletter_changed", ids.new("chg"), chosen)
            said: dict[str, object] = {"fields": sorted(changed)}  # the trail is never erased, and a member may be
            audit.record(session, customer_id, member_id, "profile.changed", member_id, after=said, address=address)
    except IntegrityError:
        raise Refused(_("Somebody has this username. Choose another one."), "username_taken", 409, "username") from None
    return kept


def _of(member: Member) -> Profile:
    return Profile(
        name=member.name,
        username=member.username or "",
        location=member.location,
        company=member.company,
        newsletter=member.newsletter,
        theme=member.theme,
        time_zone=member.time_zone,
        language=member.language,
    )
