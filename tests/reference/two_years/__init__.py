"""Two years of a customer on paper: prices, periods, credit, invoices and dunning, reckoned without the portal."""
