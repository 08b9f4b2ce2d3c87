"""The Billing API, asked as a host asks it."""
