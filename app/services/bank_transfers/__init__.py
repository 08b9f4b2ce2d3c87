"""Bank transfers: pro-formas, the cash that customers have sent, and what it pays."""
