"""An ASGI site that fails in the way its path names, for real tracebacks in its stderr."""

import asyncio
import gc
import importlib
import threading
from collections.abc import Awaitable, Callable
from typing import Any

BROKEN = "raising_broken"


def pick(cart: dict[str, str]) -> str:
    return cart["cart_id"]


async def plain() -> None:
    pick({})


async def caused() -> None:
    try:
        pick({})
    except KeyError as error:
        raise RuntimeError("There is no cart") from error


async def handling() -> None:
    try:
        pick({})
    except KeyError:
        raise ValueError("first line\nsecond line\n  third line")  # noqa: B904


async def group() -> None:
    errors: list[Exception] = []
    for fail in (lambda: pick({}), lambda: int("x")):
        try:
            fail()
        except Exception as error:
            errors.append(error)
    nested = ExceptionGroup("inner", [TypeError("deep")])
    raise ExceptionGroup("both", [*errors, nested])


def down(depth: int) -> int:
    return down(depth + 1)


async def recursion() -> None:
    down(0)


async def syntax() -> None:
    importlib.import_module(BROKEN)


async def task() -> None:
    lost = asyncio.create_task(plain())
    await asyncio.wait([lost])
    del lost
    gc.collect()


async def thread() -> None:
    work = threading.Thread(target=pick, args=({},))
    work.start()
    work.join()


WAYS: dict[str, Callable[[], Awaitable[None]]] = {
    way.__name__: way for way in (plain, caused, handling, group, recursion, syntax, task, thread)
}


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"].endswith("shutdown"):
                return
    await WAYS[scope["path"][1:]]()
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})
