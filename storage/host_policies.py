"""What the operator decided about whole hosts: which are blocked, which are limited, and why.

A policy covers a host and all that lie below it (`evil.example` also covers `a.evil.example`).
"""

from datetime import datetime
from enum import StrEnum

from sqlmodel import Field, SQLModel

from storage.columns import Instant, Word


class HostLevel(StrEnum):
    """BLOCKED: nothing in, nothing out. LIMITED: seen only by those who follow somebody there. OPEN: only its media are
    left out.
    """

    OPEN = "open"
    LIMITED = "limited"
    BLOCKED = "blocked"


class HostPolicy(SQLModel, table=True):
    """The decision about one host."""

    __tablename__ = "host_policies"

    host: str = Field(primary_key=True)
    level: HostLevel = Field(sa_type=Word(HostLevel))
    rejects_media: bool = False
    reason: str = ""
    """For everybody to read."""
    note: str = ""
    """For the operator alone."""
    created_at: datetime = Field(sa_type=Instant)
    updated_at: datetime = Field(sa_type=Instant)
