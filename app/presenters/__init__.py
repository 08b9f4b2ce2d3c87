"""What a page says: values in, sentences and rows out."""
