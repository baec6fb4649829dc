"""Small things about sentences, for whatever is shown to people."""


def sentence(text: str) -> str:
    """With a capital and a full stop, as people are spoken to; the errors of services have neither. An address stays as
    it is.
    """
    start = text[:1] if text.startswith(("http://", "https://")) else text[:1].upper()
    return start + text[1:] + ("" if text.endswith((".", "!", "?", "…")) else ".")
