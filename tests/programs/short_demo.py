"""The demo with two of its customers and five days of their history: how it starts and ends is the same, and sooner there.

It is started as `app.demo` is.
"""

import sys

from app.demo import customers
from app.demo.__main__ import main

customers.STORIES = customers.STORIES[:2]
customers.INTO_THE_PERIOD = 4

if __name__ == "__main__":
    sys.exit(main())
