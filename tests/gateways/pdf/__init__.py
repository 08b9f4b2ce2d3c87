"""What makes PDFs."""
