"""The sandbox processor: it answers the SDK like Stripe, from the database instead of a network."""
