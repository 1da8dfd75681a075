"""What is told of things done: the record, toasts and notices."""

from dataclasses import dataclass
from datetime import datetime

from app.models.sites import SiteAction, SiteKey


@dataclass(frozen=True, slots=True)
class Toast:
    """The result of an action: a sentence and a fact. `undo` acts on the site `site_key`, and
    `can_recreate` says that it is gone and can be made again. `is_final` is an error that a later
    success of the same site does not put right."""

    text: str
    detail: str = ""
    is_error: bool = False
    undo: SiteAction | None = None
    site_key: SiteKey | None = None
    can_recreate: bool = False
    is_final: bool = False


@dataclass(frozen=True, slots=True)
class HostNotice:
    """Something about the local host that a person should know; `action` is what a button offers.

    The action is `start` or `restart` (which leaves the sites running), or empty.
    """

    title: str
    detail: str
    action: str = ""
    button: str = ""


@dataclass(frozen=True, slots=True)
class Activity:
    """One entry of the record: `result` is `done`, `failed` or `unclear`, with the facts behind a
    colon.

    `target` is `ACCOUNT/DOMAIN`, `ACCOUNT`, or the name of a user. `operation_id` is the operation
    of the journal that it is the end of, None if it is none.
    """

    id: int
    at: datetime
    actor: str
    address: str
    action: str
    target: str
    result: str
    operation_id: int | None = None

    @property
    def has_failed(self) -> bool:
        return self.result.startswith("failed")

    @property
    def is_unclear(self) -> bool:
        """Whether nobody knows what came of it."""
        return self.result.startswith("unclear")

    @property
    def facts(self) -> str:
        return self.result.partition(": ")[2]

    @property
    def site_key(self) -> SiteKey | None:
        account_id, slash, domain_name = self.target.partition("/")
        return (account_id, domain_name) if slash else None
