"""What Notifications says: each message by the words of its event, and how the channel stands."""

from app.domain.messages.chat import NAMES
from app.domain.webhooks import TEST
from app.services.webhooks.channels import Channel
from app.services.webhooks.log import Delivery

TITLES = {
    "balance.low": "Credit low",
    "balance.depleted": "No credit left",
    "balance.recovered": "Credit recovered",
    "credits.expiring": "Credit expires soon",
    "spend.threshold_reached": "E-mail threshold reached",
    "spend.daily_limit_reached": "Daily limit reached",
    "spend.daily_limit_reset": "Daily limit reset",
    "usage.alert": "Usage alert",
    "auto_recharge.succeeded": "Automatic charge",
    "auto_recharge.failed": "Automatic charge failed",
    "auto_recharge.suspended": "Auto-recharge stopped",
    "auto_recharge.limit_80": "Limit of automatic charges near",
    "auto_recharge.limit_100": "Limit of automatic charges reached",
    TEST: "Test message",
}


def title(delivery: Delivery) -> str:
    """Return what the message is about."""
    return TITLES.get(delivery.type, delivery.type)


def tested(last: Delivery | None) -> str:
    """Say what came of the test, where a test is the newest message; nothing else."""
    if last is None or last.type != TEST:
        return ""
    if last.state == "delivered":
        return "The test message has arrived."
    if last.under_way or not last.tries:
        return "The test message is on its way."
    return f"The test message has not arrived: {last.problem}"


def name(channel: Channel) -> str:
    """Return whose channel it is, and as much of its address as may be shown."""
    return f"{NAMES[channel.form]} · {channel.hint}"
