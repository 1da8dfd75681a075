"""One inotify instance for all followed logs: wakes a follower when its file's folder changes.

The kernel allows few instances per user, so all followers share one. Where inotify is missing or
silent (another system, a network mount), followers live by their own polling.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

try:
    from inotify_simple import INotify, flags
except ImportError:
    INotify = None

# Events within this time are read together: a busy log wakes the loop 200 times a second at most.
_PAUSE_SECONDS = 0.005


class FolderWatch:
    """Calls `wake` functions on the running loop; `close` ends it."""

    def __init__(self) -> None:
        self._inotify: Any = _open_inotify()
        self._folders: dict[Path, int] = {}
        self._wakers: dict[int, dict[str, set[Callable[[], None]]]] = {}
        self._resume: asyncio.TimerHandle | None = None
        if self._inotify is not None:
            asyncio.get_running_loop().add_reader(self._inotify.fd, self._read)

    def add(self, path: Path, wake: Callable[[], None]) -> bool:
        """Calls `wake` whenever the file at `path` may have changed; False if it cannot be told.

        Adding the same again changes nothing.
        """
        descriptor = self._folders.get(path.parent)
        if descriptor is None:
            descriptor = self._add_folder(path.parent)
        if descriptor is None:
            return False
        self._wakers[descriptor].setdefault(path.name, set()).add(wake)
        return True

    def remove(self, path: Path, wake: Callable[[], None]) -> None:
        descriptor = self._folders.get(path.parent)
        if descriptor is None:
            return
        names = self._wakers[descriptor]
        names.get(path.name, set()).discard(wake)
        if not names.get(path.name):
            names.pop(path.name, None)
        if not names:
            self._inotify.rm_watch(descriptor)
            self._forget(descriptor)

    def close(self) -> None:
        if self._resume is not None:
            self._resume.cancel()
        if self._inotify is not None:
            asyncio.get_running_loop().remove_reader(self._inotify.fd)
            self._inotify.close()
            self._inotify = None
        self._folders.clear()
        self._wakers.clear()

    def _add_folder(self, folder: Path) -> int | None:
        if self._inotify is None:
            return None
        mask = flags.MODIFY | flags.CREATE | flags.MOVED_TO | flags.MOVED_FROM | flags.DELETE
        try:
            descriptor: int = self._inotify.add_watch(folder, mask | flags.ONLYDIR)
        except OSError:
            return None
        self._folders[folder] = descriptor
        self._wakers.setdefault(descriptor, {})
        return descriptor

    def _forget(self, descriptor: int) -> None:
        self._wakers.pop(descriptor, None)
        self._folders = {
            path: known for path, known in self._folders.items() if known != descriptor
        }

    def _read(self) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._inotify.fd)
        self._resume = loop.call_later(_PAUSE_SECONDS, self._listen)
        changed: set[tuple[int, str]] = set()
        for event in self._inotify.read(timeout=0):
            if event.mask & flags.Q_OVERFLOW:
                changed.update(
                    (known, name) for known in self._wakers for name in self._wakers[known]
                )
            elif event.mask & flags.IGNORED:
                self._forget(event.wd)
            else:
                changed.add((event.wd, event.name))
        for descriptor, name in changed:
            for wake in self._wakers.get(descriptor, {}).get(name, ()):
                wake()

    def _listen(self) -> None:
        asyncio.get_running_loop().add_reader(self._inotify.fd, self._read)


def _open_inotify() -> Any:
    if INotify is None:
        return None
    try:
        return INotify(nonblocking=True)
    except OSError:
        return None
