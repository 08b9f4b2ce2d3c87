"""The portal inside a host product: whose pages may frame it, and how its look may be changed there."""
