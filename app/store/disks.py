"""Whether a folder lies on network storage, as Linux tells of its mounts."""

import os
import re
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
_NETWORK_TYPES = frozenset(
    {"9p", "afs", "beegfs", "ceph", "cifs", "glusterfs", "gpfs", "lustre", "nfs", "nfs4", "smb3"}
    | {"smbfs", "virtiofs"}
    | {f"fuse.{name}" for name in ("ceph", "glusterfs", "juicefs", "rclone", "s3fs", "sshfs")}
)
_OCTAL = re.compile(r"\\([0-7]{3})")


def network_type(folder: Path, mounts: Path = MOUNTS) -> str:
    """The type of the network file system that holds `folder`, empty if it is none or unknown."""
    try:
        lines = mounts.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return ""
    real = Path(os.path.realpath(folder))
    nearest, kind = Path("/"), ""
    for line in lines:
        place, its_kind = _place_and_type(line)
        # Of mounts on one place, the last one is on top.
        if real.is_relative_to(place) and place.is_relative_to(nearest):
            nearest, kind = place, its_kind
    return kind if kind in _NETWORK_TYPES else ""


def _place_and_type(line: str) -> tuple[Path, str]:
    """Out of a line `36 35 98:0 /root /place options - type source options`."""
    before, _, after = line.partition(" - ")
    place = _OCTAL.sub(lambda match: chr(int(match[1], 8)), before.split(" ")[4])
    return Path(place), after.partition(" ")[0]
