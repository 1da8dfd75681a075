"""A program that writes numbered lines at a steady pace and rotates its own log now and then.

`python -m tests.logs.writer PATH LINES LINES_PER_SECOND ROTATIONS rename|copytruncate`
"""

import os
import shutil
import sys
import time
from pathlib import Path


def open_log(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


def rotate(path: Path, how: str, log: int) -> int:
    """Older files go to `.2`; the log goes to `.1` by its name or as a copy."""
    previous = path.with_name(path.name + ".1")
    if previous.exists():
        previous.rename(path.with_name(path.name + ".2"))
    if how == "copytruncate":
        shutil.copyfile(path, previous)
        os.ftruncate(log, 0)
        return log
    path.rename(previous)
    os.close(log)
    return open_log(path)


def main(path: Path, lines: int, pace: int, rotations: int, how: str) -> None:
    log = open_log(path)
    every = lines // (rotations + 1)
    started = time.monotonic()
    for number in range(lines):
        if number and number % every == 0 and number // every <= rotations:
            log = rotate(path, how, log)
        os.write(log, b"line %06d of the writer\n" % number)
        ahead = started + (number + 1) / pace - time.monotonic()
        if ahead > 0:
            time.sleep(ahead)
    os.close(log)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5])
