"""What may be written on a terminal: much of what we show was sent by strangers, and terminals obey escape codes."""


def escape_controls(text: str) -> str:
    """The text with each character that could move the cursor, end the line or turn its direction escaped."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
