"""What can go wrong between us and the database.

StorageError
├── NotFound          a row that the caller said must exist does not
├── AlreadyExists     a name or relation that must be unique is taken
├── DatabaseBusy      the write lock could not be had in time: answer 503, try again
│   └── DatabaseFull  the disk is full or can't be written: the same, until the operator makes room
├── Unstorable        a text holds what no database takes; it should have been cleaned at the border
├── SchemaMismatch    the database is older or newer than this program
├── NoFreeSlot        as many processes as can be told apart work on this database
├── DatabaseAway      its server does not answer, or does not let us in
├── NotEmpty          a hub shall be copied to where something is already
├── CopyDiffers       a copy is not what it was made from
└── DatabaseLocked    another server process holds this SQLite file
"""


class StorageError(Exception):
    """The root: its text is safe to show to an operator."""


class NotFound(StorageError):
    """A row that the caller said must exist does not exist."""


class AlreadyExists(StorageError):
    """A name or relation that must be unique is taken."""


class DatabaseBusy(StorageError):
    """The write lock could not be had in time; nothing was changed."""


class DatabaseFull(DatabaseBusy):
    """The disk is full or can't be written; nothing was changed."""


class Unstorable(StorageError):
    """A text holds what no database takes; it should have been cleaned at the border."""


class SchemaMismatch(StorageError):
    """The schema of the database is not the one that this program was written for."""


class NoFreeSlot(StorageError):
    """As many processes as can be told apart work on this database already."""


class DatabaseLocked(StorageError):
    """Another server process already serves this SQLite file."""


class DatabaseAway(StorageError):
    """The server of the database does not answer, or does not let us in."""


class NotEmpty(StorageError):
    """A hub shall be copied into a database that holds something already; nothing was written."""


class CopyDiffers(StorageError):
    """A copy is not what it was made from: the database that was written is of no use."""
