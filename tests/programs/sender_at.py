"""A worker in a process of its own that spreads and sends events once, and is killed (kill -9) at its Nth moment.

KillPoints are after each commit, and when an answer is in its hands: after the commit of the claim, before that of its end.

    python -m tests.programs.sender_at MOMENT NOW
"""

import os
import signal
import sys
from datetime import datetime
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from app import clock, create_app
from app.config import Settings
from app.gateways import webhook_sender
from app.services.webhooks import deliveries, fan_out


def main(moment: int, now: datetime) -> None:
    """Spread and send once."""
    app = create_app(Settings.from_env())
    count = 0

    def reached(*_about: object) -> None:
        nonlocal count
        count += 1
        if count == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    webhook_sender.SECONDS = webhook_sender.CONNECT_SECONDS = 100  # here a busy machine is no fault of the host's
    post = webhook_sender.post

    def watched(*args: Any, **options: Any) -> Any:
        answer = post(*args, **options)
        reached()
        return answer

    webhook_sender.post = watched
    event.listen(Session, "after_commit", reached)
    with app.app_context(), clock.at(now):
        fan_out.spread_due()
        deliveries.send_due()


if __name__ == "__main__":
    main(int(sys.argv[1]), datetime.fromisoformat(sys.argv[2]))
