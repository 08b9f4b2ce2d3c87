"""What is printed: rows of documents as ready texts, in the order in which they stand on paper."""
