"""Sentences that tables keep in English, said in the language of the page."""
