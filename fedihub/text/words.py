"""Small things about sentences, for whatever is shown to people."""


def sentence(text: str) -> str:
    """With a capital and a full stop, as people are spoken to; the errors of services have neither."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?", "…")) else ".")
