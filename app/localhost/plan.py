"""What the daemon tells a shim. A plain class: the shim should not have to import more for it."""

import json


class Plan:
    """One run of a site. Paths are absolute; the environment is the one the shim is started with.

    `stop_seconds` lie between SIGTERM and SIGKILL, `umask` is the site's.
    """

    def __init__(
        self,
        *,
        argv: list[str],
        working_directory: str,
        error_log: str,
        server_log: str,
        times_folder: str,
        record: str,
        generation: int,
        stop_seconds: float,
        umask: int,
    ) -> None:
        self.argv = argv
        self.working_directory = working_directory
        self.error_log = error_log
        self.server_log = server_log
        self.times_folder = times_folder
        self.record = record
        self.generation = generation
        self.stop_seconds = stop_seconds
        self.umask = umask

    def to_json(self) -> str:
        return json.dumps(vars(self))

    @classmethod
    def from_json(cls, text: str) -> "Plan":
        return cls(**json.loads(text))
