"""A host's process that spends by a lease in several threads and says each spend on a line, until it is killed or refused."""

import sys
import threading
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "clients" / "python"))
from purser_client import Lease, Purser  # as it is installed beside a host

THREADS = 4
_one_line = threading.Lock()


def spend(lease: Lease, amount: Decimal, many: int) -> None:
    """Spend until so much was allowed, or no more is; a line comes after what it is about."""
    for _ in range(many):
        if not lease.spend(amount):
            return
        with _one_line:
            print("spent", flush=True)


if __name__ == "__main__":
    url, key, customer, amount, block, many, then = sys.argv[1:]
    lease = Lease(Purser(url, key, timeout=60), customer, credits=Decimal(block), ttl_seconds=60, pause=0)
    threads = [threading.Thread(target=spend, args=(lease, Decimal(amount), int(many))) for _ in range(THREADS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    if then == "settle":
        lease.settle()
    print("done", flush=True)
    sys.stdin.read()
