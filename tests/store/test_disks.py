"""Network storage is recognised by the mounts that Linux lists."""

from pathlib import Path

import pytest

from app.store.disks import network_type

MOUNTS = """\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
40 22 0:35 / /home rw,relatime shared:20 - nfs4 files.example:/home rw,vers=4.2
41 40 0:36 / /home/alice/local rw,relatime - ext4 /dev/vdb rw
42 22 0:37 / /mnt/my\\040share rw,relatime - cifs //files/share rw
43 22 0:38 / /twice rw,relatime - ext4 /dev/vdc rw
44 43 0:39 / /twice rw,relatime - nfs files.example:/twice rw
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/home/alice/data", "nfs4"),
        ("/home/alice/local/data", ""),
        ("/homework", ""),
        ("/mnt/my share/data", "cifs"),
        ("/twice/data", "nfs"),
        ("/", ""),
    ],
)
def test_the_nearest_mount_decides(tmp_path: Path, folder: str, kind: str) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS)
    assert network_type(Path(folder), mounts) == kind


def test_a_link_leads_to_the_folder_that_counts(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS)
    (tmp_path / "data").symlink_to("/home/alice")
    assert network_type(tmp_path / "data", mounts) == "nfs4"


def test_a_system_that_lists_no_mounts_is_believed_to_have_none(tmp_path: Path) -> None:
    assert network_type(tmp_path, tmp_path / "missing") == ""
