"""What the text of a setting may be: questions that `fedihub.settings` asks before it believes one."""

import re
import ssl
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

_ADDRESS = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:\[\]]+):([0-9]{1,5})")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_LARGEST_PORT = 65_535


def is_listen_address(text: str) -> bool:
    """host:port, where an IPv6 address stands in brackets."""
    match = _ADDRESS.fullmatch(text)
    if match is None or int(match[2]) > _LARGEST_PORT:
        return False
    return not match[1].startswith("[") or is_ip(match[1].strip("[]"))


def is_email(text: str) -> bool:
    """As far as can be told without sending something there."""
    return _EMAIL.fullmatch(text) is not None


def is_ip(text: str) -> bool:
    """An address of IPv4 or IPv6."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def is_this_machine(url: str) -> bool:
    """Whether a URL leads nowhere but to where it is used."""
    name = urlsplit(url).hostname or ""
    return name == "localhost" or (is_ip(name) and ip_address(name).is_loopback)


def holds_certificates(path: Path) -> bool:
    """A PEM file with at least one certificate authority."""
    try:
        ssl.create_default_context(cafile=str(path))
    except OSError:  # SSLError is one, too
        return False
    return True


def names_a_database(rest: str) -> bool:
    """Whether what follows postgresql:// can be taken apart, and ends in a name."""
    try:
        parts = urlsplit(f"//{rest}")
        return (parts.port is None or parts.port > 0) and bool(parts.path.strip("/"))
    except ValueError:
        return False


def without_password(url: str) -> str:
    """A database's URL, for people to read."""
    parts = urlsplit(url)
    return f"postgresql://{parts.username or ''}@{parts.hostname or ''}{parts.path}"
