"""The files API of the fake: log files in memory, with ranges only if a test wants them."""

import gzip
import re
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.models import LogKind, LogName

LOG_FOLDER = "/var/log"
MEDIA_TYPE = "application/octet-stream; charset=utf-8"


def log_path(domain: str, kind: LogKind = LogKind.ERROR, index: int = 0) -> str:
    return f"{LOG_FOLDER}/{LogName(kind, index).file_name(domain)}"


@dataclass
class FakeFiles:
    """Contents by absolute path. With `knows_ranges` a Range header is answered with 206."""

    contents: dict[str, bytes] = field(default_factory=dict)
    knows_ranges: bool = False

    def append(self, path: str, data: bytes) -> None:
        self.contents[path] = self.contents.get(path, b"") + data

    def rotate(self, domain: str, kind: LogKind = LogKind.ERROR) -> None:
        """As at night: the live file becomes `.1`, which becomes `.2.gz`; nothing is live then."""
        live, first = log_path(domain, kind), log_path(domain, kind, 1)
        if first in self.contents:
            self.contents[log_path(domain, kind, 2)] = gzip.compress(self.contents[first])
        self.contents[first] = self.contents.pop(live)

    def read(self, request: Request) -> Response:
        path = "/" + request.path_params["path"].lstrip("/")
        data = self.contents.get(path)
        if data is None:
            return self._list(request, path.rstrip("/"))
        match = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers.get("range", ""))
        if not self.knows_ranges or match is None:
            return Response(data, media_type=MEDIA_TYPE)
        first, last = int(match[1]), min(int(match[2]), len(data) - 1)
        if first >= len(data):
            return Response(status_code=416, headers={"content-range": f"bytes */{len(data)}"})
        headers = {"content-range": f"bytes {first}-{last}/{len(data)}"}
        return Response(data[first : last + 1], 206, headers, MEDIA_TYPE)

    def delete(self, request: Request) -> Response:
        path = "/" + request.path_params["path"].strip("/")
        if path not in self.contents:
            return JSONResponse({"message": "File does not exist", "code": "not_found"}, 404)
        del self.contents[path]
        return Response(status_code=204)

    def tree(self, request: Request) -> Response:
        folder = request.query_params.get("path", "").rstrip("/")
        found = self._below(folder)
        if not found:
            return JSONResponse({"detail": f"{folder} does not exist"}, 400)
        return JSONResponse(found[:1000])

    def _list(self, request: Request, folder: str) -> Response:
        found = self._below(folder)
        if not found and folder != LOG_FOLDER:
            return JSONResponse({"detail": f"No such file or directory: {folder}"}, 404)
        url = str(request.url).rstrip("/")
        names = {path.removeprefix(f"{folder}/").partition("/")[0] for path in found}
        entries = {
            name: {
                "type": "file" if f"{folder}/{name}" in self.contents else "directory",
                "url": f"{url}/{name}",
            }
            for name in sorted(names)
        }
        return JSONResponse(entries)

    def _below(self, folder: str) -> list[str]:
        return sorted(path for path in self.contents if path.startswith(f"{folder}/"))
