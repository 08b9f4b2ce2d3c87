"""The Billing API: one module is one resource."""
