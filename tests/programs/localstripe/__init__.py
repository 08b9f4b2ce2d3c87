"""localstripe: somebody else's Stripe, in processes of its own on loopback.

localstripe is GPL: it is installed in a virtual environment of its own, spoken to over HTTP, and never imported,
changed or shipped. `shim.py`, which stands before it, is ours and uses nothing but the standard library: it adds what
localstripe lacks (idempotency keys, confirming with a method, the bank's page, paging) and writes down every request.
"""
