"""What the hub refuses, and how it says so. `public` may be shown to anyone; `private` is for the log.

HubError
├── SettingsError        a setting is missing or wrong
├── Invalid              what was asked for breaks a rule (422); `field` names the culprit
├── NotAllowed           known, but may not (403)
├── Missing              is not there, or may not be seen (404)
├── Conflict             is taken, or has changed meanwhile (409)
├── TooLarge             a file is larger than what is taken (413)
├── UnknownKind          a file of a kind that is not taken (415)
├── TooMany              too often; `retry_after` in seconds (429)
├── Unreachable          a peer that we needed does not answer (503)
└── OutOfOrder           something of our own, such as the disk, does not work now; `retry_after` in seconds (503)
"""


class HubError(Exception):
    """The root of what the hub itself refuses."""

    status = 500

    def __init__(self, public: str, *, private: str = "") -> None:
        super().__init__(public)
        self.public = public
        self.private = private


class SettingsError(HubError):
    """A setting is missing or wrong: the program does not start."""


class Invalid(HubError):
    """What was asked for breaks a rule; nothing was changed."""

    status = 422

    def __init__(self, public: str, *, field: str | None = None, private: str = "") -> None:
        super().__init__(public, private=private)
        self.field = field


class NotAllowed(HubError):
    """Whoever asked is known but may not do this."""

    status = 403


class Missing(HubError):
    """It does not exist, or whoever asked may not know that it does."""

    status = 404


class Conflict(HubError):
    """A name is taken, or the thing has changed meanwhile."""

    status = 409


class TooLarge(HubError):
    """A file is larger than what is taken."""

    status = 413


class UnknownKind(HubError):
    """A file is of a kind that is not taken, whatever it is called."""

    status = 415


class TooMany(HubError):
    """Asked too often."""

    status = 429

    def __init__(self, public: str, *, retry_after: int, private: str = "") -> None:
        super().__init__(public, private=private)
        self.retry_after = retry_after


class Unreachable(HubError):
    """A peer that was needed for this does not answer now."""

    status = 503


class OutOfOrder(HubError):
    """Something of our own does not work now; the operator reads why in the log."""

    status = 503

    def __init__(self, public: str, *, retry_after: int, private: str = "") -> None:
        super().__init__(public, private=private)
        self.retry_after = retry_after
