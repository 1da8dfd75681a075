"""An account's API as the worker of the journal calls it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from app.hosting.api import Call, HostingApi, Parsed
from app.hosting.budget import Urgency
from app.hosting.slices import FileSlice


class UnhurriedApi(HostingApi):
    """Every call goes out after those of people, so that an operation that takes many, say because
    a domain stays taken, never uses up what a click needs."""

    def __init__(self, api: HostingApi) -> None:
        super().__init__(api.account)
        self._api = api

    async def _answer(self, call: Call, parse: Callable[[Any], Parsed]) -> Parsed:
        return await self._api._answer(replace(call, urgency=Urgency.WORK), parse)

    async def _slice(self, call: Call, start: int) -> FileSlice:
        return await self._api._slice(replace(call, urgency=Urgency.WORK), start)
