"""The end of a run as people are told of it: when, how, and the last lines of standard error."""

import time
from datetime import UTC, datetime

from app.localhost.logfiles import last_lines
from app.localhost.paths import HostPaths
from app.localhost.records import RunRecord
from app.models import Exit, LogKind, LogName


def exit_of(record: RunRecord | None, paths: HostPaths, domain: str) -> Exit:
    """What is known of a run that has just ended; None stands for one that left no record."""
    ended = record.exit if record else None
    error_log = paths.log_file(domain, LogName(LogKind.ERROR))
    return Exit(
        at=datetime.fromtimestamp(ended.at if ended else time.time(), UTC),
        code=ended.code if ended else None,
        signal=ended.signal if ended else None,
        stderr=last_lines(error_log, record.error_log) if record else (),
    )
