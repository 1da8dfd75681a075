"""What folders say of what a command needs."""

from pathlib import Path

import pytest

from app.errors import HostRefused, HostUnavailable
from app.hosting.linter.needs import Needs
from app.hosting.needs import look_up, read_own_folder
from app.models import PathState


@pytest.mark.anyio
async def test_a_closed_folder_is_not_called_missing() -> None:
    async def read_folder(path: str) -> list[str]:
        raise HostRefused("Permission denied.", 403)

    findings = await look_up(Needs(("/usr/bin/x",), ("/s",), ()), read_folder)
    assert {finding.state for finding in findings} == {PathState.UNKNOWN}
    assert all("Permission denied." in finding.text for finding in findings)


@pytest.mark.anyio
async def test_a_check_reads_six_folders_and_says_what_it_left_out() -> None:
    asked = []

    async def read_folder(path: str) -> list[str]:
        asked.append(path)
        return ["x.py"]

    files = tuple(f"/f{number}/x.py" for number in range(8))
    modules = (("/f0/m.py", "/f0/m/__init__.py"), ("/f0/x.py", "/f0/x/__init__.py"))
    findings = await look_up(Needs(files, ("/f1", "/f9"), modules), read_folder)
    assert asked == [f"/f{number}" for number in range(6)]
    left_out = {finding.path for finding in findings if "not looked up" in finding.text}
    assert left_out == {"/f6/x.py", "/f7/x.py", "/f9", "/f0/m/__init__.py"}
    states = {finding.path: finding.state for finding in findings}
    assert {states[path] for path in left_out} == {PathState.UNKNOWN}
    assert states["/f1"] is states["/f0/x.py"] is PathState.EXISTS


@pytest.mark.anyio
async def test_an_account_that_does_not_answer_ends_the_look() -> None:
    asked = []

    async def read_folder(path: str) -> list[str]:
        asked.append(path)
        raise HostUnavailable("Nothing answers.")

    with pytest.raises(HostUnavailable):
        await look_up(Needs(("/a/x", "/b/y"), (), ()), read_folder)
    assert asked == ["/a"]


@pytest.mark.anyio
async def test_a_folder_of_this_machine_is_read_or_refused(tmp_path: Path) -> None:
    (tmp_path / "main.py").touch()
    assert await read_own_folder(str(tmp_path)) == ["main.py"]
    for path in (tmp_path / "none", tmp_path / "main.py"):
        with pytest.raises(HostRefused) as refusal:
            await read_own_folder(str(path))
        assert refusal.value.status == 404
