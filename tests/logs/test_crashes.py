"""What a remote site logs while somebody waits for it to start."""

import pytest

from app.logs.remote.crashes import CrashLog
from tests.logs.remote_kit import DOMAIN, ERROR, Account

pytestmark = pytest.mark.anyio
CRASH = (
    b"Traceback (most recent call last):\n"
    b'  File "/home/alice/shop/main.py", line 1, in <module>\n    import shop\n'
    b"ModuleNotFoundError: No module named 'shop'\n"
)
OLD = CRASH.replace(b"shop", b"past")


async def begun(account: Account, log: bytes) -> CrashLog:
    path = account.logs.log(DOMAIN, ERROR)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(log)
    crashes = CrashLog(path)
    await crashes.begin()
    return crashes


async def test_only_what_came_since_the_first_look_is_new(account: Account) -> None:
    crashes = await begun(account, OLD)
    assert await crashes.newest() == ""
    assert await crashes.last_words() == "ModuleNotFoundError: No module named 'past'"
    with account.logs.log(DOMAIN, ERROR).open("ab") as file:
        file.write(CRASH)
    assert await crashes.newest() == "ModuleNotFoundError: No module named 'shop'"


async def test_before_the_first_look_nothing_is_new(account: Account) -> None:
    crashes = CrashLog(account.logs.log(DOMAIN, ERROR))
    assert await crashes.newest() == ""
    assert await crashes.last_words() == ""


async def test_an_error_line_without_a_traceback_is_a_reason_too(account: Account) -> None:
    line = b'ERROR:    Error loading ASGI app. Could not import module "main".\n'
    crashes = await begun(account, b"")
    with account.logs.log(DOMAIN, ERROR).open("ab") as file:
        file.write(b"INFO:     Started\n" + line)
    assert "Could not import module" in await crashes.newest()


async def test_the_last_line_is_the_last_word_where_nothing_is_an_error(account: Account) -> None:
    crashes = await begun(account, b"[Errno 2] No such file or directory: env\n")
    assert await crashes.last_words() == "[Errno 2] No such file or directory: env"


async def test_a_log_that_was_cleared_meanwhile_has_nothing_new(account: Account) -> None:
    crashes = await begun(account, OLD)
    account.logs.log(DOMAIN, ERROR).write_bytes(b"")
    assert await crashes.newest() == ""


async def test_long_and_hostile_words_become_one_short_line(account: Account) -> None:
    hostile = b"\x1b[31m<script>\x00" + b"x" * 5000
    crashes = await begun(account, b"Traceback (most recent call last):\nKeyError: " + hostile)
    words = await crashes.last_words()
    assert len(words) <= 200
    assert "\x1b" not in words
