"""Passwords: argon2id, computed in threads of their own, so that many sign-ins at once slow each other and not the
hub.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from fedihub.errors import Invalid

SHORTEST = 8
LONGEST = 256

HASHER = PasswordHasher()
"""argon2id as RFC 9106 recommends it for little memory: 64 MiB, three passes. (Tests put a cheap one here.)"""
_THREADS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")  # each hash takes 64 MB while it lasts


def check_password(password: str) -> None:
    """Raises Invalid for a password that is too short, or so long that only an attacker would choose it."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid(f"a password has {SHORTEST} to {LONGEST} characters", field="password")


async def hash_password(password: str) -> str:
    """The argon2id hash to store."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, HASHER.hash, password)


async def verify_password(password_hash: str | None, password: str) -> bool:
    """Whether the password is the right one. Without a hash the answer is no, and takes as long as any other."""
    if len(password) > LONGEST:
        return False
    return await asyncio.get_running_loop().run_in_executor(_THREADS, _verify, password_hash, password)


def _verify(password_hash: str | None, password: str) -> bool:
    try:
        HASHER.verify(password_hash or _stand_in(), password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


@cache
def _stand_in() -> str:
    """What a sign-in under an unknown name is compared with."""
    return HASHER.hash("nobody has this password")
