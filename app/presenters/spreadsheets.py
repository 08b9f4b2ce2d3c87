"""What goes into the cells of a file that is opened in a spreadsheet."""

# A text that begins like this is a formula to a spreadsheet (OWASP, CSV injection); the full-width forms are too.
_FORMULA = ("=", "+", "-", "@", "|", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")


def harmless(text: str) -> str:
    """Return the text with a `'` before what a spreadsheet would run. Only for texts: signed numbers stay numbers."""
    return f"'{text}" if text.startswith(_FORMULA) else text
