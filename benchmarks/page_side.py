"""One side of `benchmarks.pages`: the portal of the directory it is started in, asked for pages as its lines say.

It is run with that directory's own modules, also where they are older than this file.
"""

import gzip
import json
import sys
import time

from benchmarks import filling
from benchmarks.places import Place, places
from tests.support import spend
from tests.support.browser import Browser
from tests.support.statements import counted

ROWS = 20_000


def main() -> None:
    """Offer each database in turn: an address is answered with what it took, an empty line goes on to the next."""
    with places() as offered:
        for place in offered:
            browser = _filled(place)
            _say(kind=place.kind, version=place.version)
            for line in sys.stdin:
                path = line.strip()
                if not path:
                    break
                _say(**_asked(browser, path))


def _filled(place: Place) -> Browser:
    """Return the browser of a customer with a history, a limit and something used today."""
    customer, _actor, browser = place.customer("Long")
    filling.fill(place, customer, ROWS, salt=1)
    spend.gives(customer, "500")
    spend.chooses(customer, "50", "40")
    spend.uses(customer, "12.34")
    return browser


def _asked(browser: Browser, path: str) -> dict[str, object]:
    began = time.perf_counter()
    answer = browser.client.get(path, base_url=browser.origin)
    took = time.perf_counter() - began
    with counted() as statements:
        browser.client.get(path, base_url=browser.origin)
    sizes = len(answer.data), len(gzip.compress(answer.data))
    return {"status": answer.status_code, "seconds": took, "sizes": sizes, "statements": len(statements)}


def _say(**facts: object) -> None:
    print(json.dumps(facts), flush=True)


if __name__ == "__main__":
    main()
