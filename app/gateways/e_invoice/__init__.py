"""E-invoices as files: the XML of EN 16931, and the PDF that carries it."""
