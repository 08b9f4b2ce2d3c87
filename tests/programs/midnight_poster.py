"""Posts the usage that is due at a moment, and is killed at a point of it: `python -m … MOMENT WHAT AT`."""

import sys
from datetime import datetime

from app import clock, create_app
from app.config import Settings
from app.services.usage import posting_schedule
from tests.support.crash_plan import Kill
from tests.support.kill_points import watch


def main() -> None:
    """Do it."""
    moment, what, at = sys.argv[1:]
    app = create_app(Settings.from_env())
    watch(app, Kill(what, int(at)))
    with app.app_context(), clock.at(datetime.fromisoformat(moment)):
        posting_schedule.post_due()


if __name__ == "__main__":
    main()
