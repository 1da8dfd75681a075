"""What a remote site logs while somebody waits for it to start."""

import asyncio
from pathlib import Path

import pytest

from app.localhost.paths import HostPaths
from app.logs.remote.crashes import CrashLog, watching
from app.logs.remote.folders import LogFolders
from app.logs.remote.sources import LogSources
from app.models import LogKind, LogName
from tests.fakes.faults import Fault
from tests.fakes.pythonanywhere import fake_pythonanywhere
from tests.hosting.conftest import until
from tests.logs.remote_kit import DOMAIN, ERROR, Account, remote_logs

pytestmark = pytest.mark.anyio
OLD_ERROR = LogName(LogKind.ERROR, 1)
CRASH = (
    b"Traceback (most recent call last):\n"
    b'  File "/home/alice/shop/main.py", line 1, in <module>\n    import shop\n'
    b"ModuleNotFoundError: No module named 'shop'\n"
)
OLD = CRASH.replace(b"shop", b"past")


async def newest(crashes: CrashLog) -> str:
    crash = await crashes.newest()
    return crash.words if crash else ""


async def last_words(crashes: CrashLog) -> str:
    crash = await crashes.last_words()
    return crash.words if crash else ""


async def begun(account: Account, log: bytes) -> CrashLog:
    path = account.logs.log(DOMAIN, ERROR)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(log)
    crashes = CrashLog(path)
    await crashes.begin()
    return crashes


async def test_only_what_came_since_the_first_look_is_new(account: Account) -> None:
    crashes = await begun(account, OLD)
    assert await newest(crashes) == ""
    assert await last_words(crashes) == "ModuleNotFoundError: No module named 'past'"
    with account.logs.log(DOMAIN, ERROR).open("ab") as file:
        file.write(CRASH)
    assert await newest(crashes) == "ModuleNotFoundError: No module named 'shop'"


async def test_before_the_first_look_nothing_is_new(account: Account) -> None:
    crashes = CrashLog(account.logs.log(DOMAIN, ERROR))
    assert await newest(crashes) == ""
    assert await last_words(crashes) == ""


async def test_an_error_line_without_a_traceback_is_no_exception(account: Account) -> None:
    line = b'ERROR:    Error loading ASGI app. Could not import module "main".\n'
    crashes = await begun(account, b"")
    with account.logs.log(DOMAIN, ERROR).open("ab") as file:
        file.write(b"INFO:     Started\n" + line)
    crash = await crashes.newest()
    assert crash is not None and not crash.is_exception
    assert "Could not import module" in crash.words
    assert await last_words(crashes) == crash.words


async def test_the_last_line_is_the_last_word_where_nothing_is_an_error(account: Account) -> None:
    crashes = await begun(account, b"[Errno 2] No such file or directory: env\n")
    assert await last_words(crashes) == "[Errno 2] No such file or directory: env"


async def test_a_log_that_was_cleared_meanwhile_has_nothing_new(account: Account) -> None:
    crashes = await begun(account, OLD)
    account.logs.log(DOMAIN, ERROR).write_bytes(b"")
    assert await newest(crashes) == ""


async def test_a_crash_behind_many_other_lines_is_the_newest(account: Account) -> None:
    crashes = await begun(account, b"")
    chatter = b"".join(b"INFO: loading part %d\n" % number for number in range(2000))
    with account.logs.log(DOMAIN, ERROR).open("ab") as file:
        file.write(OLD + chatter + CRASH + chatter)
    assert await newest(crashes) == "ModuleNotFoundError: No module named 'shop'"


async def test_a_crash_whose_end_comes_later_is_told_whole(account: Account) -> None:
    crashes = await begun(account, b"")
    middle = CRASH.index(b"    import shop")
    for part in (CRASH[:middle], CRASH[middle:]):
        with account.logs.log(DOMAIN, ERROR).open("ab") as file:
            file.write(part)
        crash = await crashes.newest()
    assert crash is not None and crash.text == CRASH.decode().rstrip("\n")


async def test_a_crash_is_found_on_either_side_of_a_rotation(account: Account) -> None:
    crashes = await begun(account, b"INFO: old\n")
    live, rotated = account.logs.log(DOMAIN, ERROR), account.logs.log(DOMAIN, OLD_ERROR)
    with live.open("ab") as file:
        file.write(OLD)
    live.rename(rotated)
    assert await newest(crashes) == "ModuleNotFoundError: No module named 'past'"
    live.write_bytes(b"INFO: begun\n" + CRASH)
    assert await newest(crashes) == "ModuleNotFoundError: No module named 'shop'"


async def test_a_crash_in_a_log_that_was_cleared_meanwhile_is_new(account: Account) -> None:
    crashes = await begun(account, OLD)
    account.logs.log(DOMAIN, ERROR).write_bytes(b"")
    assert await newest(crashes) == ""
    account.logs.log(DOMAIN, ERROR).write_bytes(CRASH)
    assert await newest(crashes) == "ModuleNotFoundError: No module named 'shop'"


async def test_long_and_hostile_words_become_one_short_line(account: Account) -> None:
    hostile = b"\x1b[31m<script>\x00" + b"x" * 5000
    crashes = await begun(account, b"Traceback (most recent call last):\nKeyError: " + hostile)
    words = await last_words(crashes)
    assert len(words) <= 200
    assert "\x1b" not in words


async def test_the_traceback_is_kept_as_it_was_written(account: Account) -> None:
    crashes = await begun(account, b"")
    with account.logs.log(DOMAIN, ERROR).open("ab") as file:
        file.write(CRASH)
    crash = await crashes.newest()
    assert crash is not None and crash.text == CRASH.decode().rstrip("\n")


async def test_a_crash_before_the_copy_was_brought_up_to_date_is_old(
    account: Account, tmp_path: Path
) -> None:
    sources = LogSources(HostPaths(tmp_path), tmp_path, {}, LogFolders({}))
    sources._remote_of = lambda account_id: account.logs  # type: ignore[method-assign]
    account.fake.write_log(DOMAIN, OLD)
    async with watching(sources, ("pa1", DOMAIN)) as crashes:
        await crashes.ready()
        assert await newest(crashes) == ""
        account.fake.write_log(DOMAIN, CRASH)

        async def is_new() -> bool:
            return await newest(crashes) != ""

        await until(is_new)
        assert await newest(crashes) == "ModuleNotFoundError: No module named 'shop'"


async def test_the_first_look_of_all_is_enough_to_begin_with(tmp_path: Path) -> None:
    """The click waits for it, and the next one is a pace away."""
    with fake_pythonanywhere() as fake:
        fake.write_log(DOMAIN, OLD)
        async with remote_logs(fake, tmp_path, pace=60.0) as logs:
            sources = LogSources(HostPaths(tmp_path), tmp_path, {}, LogFolders({}))
            sources._remote_of = lambda account_id: logs  # type: ignore[method-assign]
            async with watching(sources, ("pa1", DOMAIN)) as crashes, asyncio.timeout(30):
                await crashes.ready()
            assert fake.count("files") == 1


async def test_of_a_log_that_somebody_watches_nothing_has_to_be_waited_for(
    account: Account, tmp_path: Path
) -> None:
    sources = LogSources(HostPaths(tmp_path), tmp_path, {}, LogFolders({}))
    sources._remote_of = lambda account_id: account.logs  # type: ignore[method-assign]
    account.fake.write_log(DOMAIN, OLD)
    async with account.logs.watch(DOMAIN, LogKind.ERROR):
        await account.until_looked()
        account.fake.fail(Fault.HANG)
        async with watching(sources, ("pa1", DOMAIN)) as crashes, asyncio.timeout(30):
            await crashes.ready()


async def test_read_again_it_has_what_was_written_before(account: Account, tmp_path: Path) -> None:
    sources = LogSources(HostPaths(tmp_path), tmp_path, {}, LogFolders({}))
    sources._remote_of = lambda account_id: account.logs  # type: ignore[method-assign]
    account.fake.write_log(DOMAIN, OLD)
    async with watching(sources, ("pa1", DOMAIN)) as crashes, asyncio.timeout(30):
        await crashes.ready()
        account.fake.write_log(DOMAIN, CRASH)
        await crashes.read_again()
        assert await newest(crashes) == "ModuleNotFoundError: No module named 'shop'"
