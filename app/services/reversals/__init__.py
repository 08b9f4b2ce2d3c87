"""Money that goes back: refunds, disputes, and the credit they take with them."""
