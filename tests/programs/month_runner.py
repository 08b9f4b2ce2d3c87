"""The monthly run at a moment, in a process of its own that dies by kill -9 at one of its points.

python -m tests.programs.month_runner MOMENT AT WORDS OF THE POINT
"""

import sys
from datetime import datetime

from app import clock, create_app
from app.config import Settings
from app.services.month_end import run
from tests.support.crash_plan import Kill
from tests.support.kill_points import watch

if __name__ == "__main__":
    app = create_app(Settings.from_env())
    watch(app, Kill(" ".join(sys.argv[3:]), int(sys.argv[2])))
    with app.app_context(), clock.at(datetime.fromisoformat(sys.argv[1])):
        run.run_due()
