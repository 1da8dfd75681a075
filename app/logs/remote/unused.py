"""Copies of logs that nothing is added to any more: of sites that were deleted, most likely.

They are deleted when the logs of their account are opened, before any of them is in use. The log of
a quiet site loses its copy as well, which costs one more call.
"""

import time
from pathlib import Path

from app.logs.files import previous
from app.logs.remote.mirror import MirroredLog

UNUSED_SECONDS = 30 * 86400.0


def remove_unused(folder: Path, times: Path) -> None:
    """`folder` holds copies, `times` their arrival indexes under the same names. Raises OSError."""
    oldest = time.time() - UNUSED_SECONDS
    files = [path for path in folder.iterdir() if path.is_file()] if folder.exists() else []
    for path in {path.with_name(path.name.removesuffix(".1")) for path in files}:
        if all(file.stat().st_mtime < oldest for file in files if file in (path, previous(path))):
            MirroredLog(path, times / path.name).remove()
