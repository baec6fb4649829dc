"""What a stolen database gives away about passwords."""

import subprocess
import sys


def test_the_hash_is_argon2id_at_the_recommended_cost() -> None:
    """In a process of its own, since the tests' own one hashes cheaply."""
    program = "from fedihub.services.passwords import HASHER; print(HASHER.hash('correct horse battery'))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
