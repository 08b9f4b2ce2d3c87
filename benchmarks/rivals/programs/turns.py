"""What each program here does: it reads `post 20`, `balance 20` or `history 5` and says what that took."""

import json
import sys
import time
from collections.abc import Callable


def serve(tasks: dict[str, Callable[[], object]]) -> None:
    """Do what is asked until nobody asks any more; answer with what it took and the last result."""
    print("ready", flush=True)
    for line in sys.stdin:
        name, many = line.split()
        task, said = tasks[name], None
        cpu, clock = time.process_time(), time.perf_counter()
        for _ in range(int(many)):
            said = task()
        took = {"cpu": time.process_time() - cpu, "clock": time.perf_counter() - clock}
        print(json.dumps({**took, "said": said}), flush=True)
