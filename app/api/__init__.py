"""What programs talk to: webhooks of the processor, health, and the resources of the Billing API."""
