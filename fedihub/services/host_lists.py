"""Lists of decisions about hosts as files, in the form that Mastodon 4 exports and imports ("domain blocks", CSV).

Columns: #domain, #severity (suspend, silence, noop), #reject_media, #reject_reports, #public_comment, #obfuscate. A
file with nothing but host names, one a line, blocks them all.
"""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass

from fedihub.errors import Invalid
from fedihub.services.host_policies import Decision
from storage.host_policies import HostLevel, HostPolicy

_LEVELS = {"suspend": HostLevel.BLOCKED, "silence": HostLevel.LIMITED, "noop": HostLevel.OPEN}
_SEVERITIES = {level: severity for severity, level in _LEVELS.items()}
_COLUMNS = ("#domain", "#severity", "#reject_media", "#reject_reports", "#public_comment", "#obfuscate")


@dataclass(frozen=True, slots=True)
class Line:
    """What one line of a list decides."""

    host: str
    decision: Decision


def read_list(text: str) -> list[Line]:
    """The decisions of a file. Raises Invalid, with the number of the line, for what can't be understood."""
    rows = [(number, row) for number, row in enumerate(csv.reader(io.StringIO(text)), 1) if any(map(str.strip, row))]
    if not rows:
        return []
    names = [cell.strip().lstrip("\ufeff#").lower() for cell in rows[0][1]]
    if "domain" not in names:
        return [Line(row[0].strip(), Decision(HostLevel.BLOCKED)) for _, row in rows if not row[0].startswith("#")]
    return [_line(dict(zip(names, map(str.strip, row), strict=False)), number=number) for number, row in rows[1:]]


def write_list(policies: Iterable[HostPolicy]) -> str:
    """The file of these policies."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for policy in policies:
        severity, media = _SEVERITIES[policy.level], _flag(said=policy.rejects_media)
        writer.writerow((policy.host, severity, media, "false", policy.reason, "false"))
    return file.getvalue()


def _line(row: dict[str, str], *, number: int) -> Line:
    severity = row.get("severity") or "suspend"
    if severity not in _LEVELS:
        raise Invalid(f"line {number}: the severity {severity!r} is not one of suspend, silence, noop")
    reason, media = row.get("public_comment", ""), row.get("reject_media", "").lower() == "true"
    return Line(row.get("domain", ""), Decision(_LEVELS[severity], rejects_media=media, reason=reason))


def _flag(*, said: bool) -> str:
    return "true" if said else "false"
