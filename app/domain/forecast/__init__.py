"""The forecast: when the credit runs out."""
