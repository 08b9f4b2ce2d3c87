"""What Notifications says: each message by the words of its event, and how the channel stands."""

from app.domain.language import _, marked
from app.domain.messages.chat import NAMES
from app.domain.webhooks import TEST
from app.presenters.kept import deliveries
from app.services.webhooks.channels import Channel
from app.services.webhooks.log import Delivery

TITLES = {
    "balance.low": marked("Credit low"),
    "balance.depleted": marked("No credit left"),
    "balance.recovered": marked("Credit recovered"),
    "credits.expiring": marked("Credit expires soon"),
    "spend.threshold_reached": marked("E-mail threshold reached"),
    "spend.daily_limit_reached": marked("Daily limit reached"),
    "spend.daily_limit_reset": marked("Daily limit reset"),
    "usage.alert": marked("Usage alert"),
    "auto_recharge.succeeded": marked("Automatic charge"),
    "auto_recharge.failed": marked("Automatic charge failed"),
    "auto_recharge.suspended": marked("Auto-recharge stopped"),
    "auto_recharge.limit_80": marked("Limit of automatic charges near"),
    "auto_recharge.limit_100": marked("Limit of automatic charges reached"),
    TEST: marked("Test message"),
}


def title(delivery: Delivery) -> str:
    """Return what the message is about."""
    return _(TITLES.get(delivery.type, delivery.type))


def tested(last: Delivery | None) -> str:
    """Say what came of the test, where a test is the newest message; nothing else."""
    if last is None or last.type != TEST:
        return ""
    if last.state == "delivered":
        return _("The test message has arrived.")
    if last.under_way or not last.tries:
        return _("The test message is on its way.")
    return _("The test message has not arrived: {problem}", problem=deliveries.said(last.problem))


def name(channel: Channel) -> str:
    """Return whose channel it is, and as much of its address as may be shown."""
    return f"{NAMES[channel.form]} · {channel.hint}"
