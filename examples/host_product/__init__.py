"""An example host product: a gateway for API calls that asks Purser before it serves, and reports what was used."""
