"""Events that the sandbox would not send by itself: late ones, odd ones, and repeated ones."""

from app.config import Settings
from app.gateways.sandbox.store import opened, record_event


def send_event(settings: Settings, kind: str, object_id: str) -> str:
    """Send an event of any type about an object that the sandbox holds; return the event's id."""
    with opened(settings.database_url) as store:
        about = store.any_of(object_id)
        assert about is not None, f"the sandbox holds no {object_id}"
        return record_event(store, kind, about)
