"""What customers owe: periods become invoices, and these are paid, voided or written off."""
