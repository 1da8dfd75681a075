"""The calls of an operation, and what their answers mean for it."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from enum import Enum

from app.errors import HostingError, HostRefused, NotSent, SiteBusy
from app.hosting.api import HostingApi
from app.models import AUTO_RENEWED, CERTIFICATE_NOT_KNOWN, Site, Specification

Found = tuple[Site, Specification] | None
"""A site as it is and how it was made; None if there is none."""

MAX_LOOKS = 3
"""Of which each contradicts the one before: then nothing is known of the site."""

# Refusals that another try may not meet: not a word on what was asked for.
_PASSING = frozenset({401, 408, 409, 423, 425, 429})


class Outcome(Enum):
    """Of a call that has failed."""

    UNCLEAR = "the answer was lost, or the host had an accident: what came of it is not known"
    NOT_SENT = "nothing was done"
    TAKEN = "the domain already exists"
    MISSING = "there is no such site"
    REFUSED = "the host will not do it"


def outcome_of(error: HostingError) -> Outcome:
    if isinstance(error, NotSent | SiteBusy):
        return Outcome.NOT_SENT
    if not isinstance(error, HostRefused) or error.status >= 500 or error.status == 408:
        return Outcome.UNCLEAR
    if error.status in _PASSING:
        return Outcome.NOT_SENT
    if error.status == 400 and "already exists" in str(error):
        return Outcome.TAKEN
    return Outcome.MISSING if error.status == 404 else Outcome.REFUSED


def is_unclear(error: HostingError) -> bool:
    """Whether the change may have happened all the same."""
    return outcome_of(error) is Outcome.UNCLEAR


async def look(client: HostingApi, domain_name: str) -> Found:
    """The site as it is, None if the host says that it is not there. Raises HostingError.

    How a missing site is answered is not documented: 403 and 404 are both heard of.
    """
    try:
        return await client.describe_site(domain_name)
    except HostRefused as error:
        if error.status not in (403, 404):
            raise
        return None


def missing(found: Found) -> str:
    """What is doubtful of a look for a site that should be there."""
    return "" if found is not None else "missing"


async def look_twice(
    client: HostingApi,
    domain_name: str,
    pause: float,
    doubt: Callable[[Found], object] = missing,
) -> Found:
    """Like `look`, but reads may show what was before: what is doubtful has to be seen twice in a
    row, `pause` seconds apart. `doubt` is false for what is believed at once.

    That a site is missing is believed if the list lacks it, too: something in between may answer
    for the host with a page that is not there. Raises HostingError, too, if no two looks agree.
    """
    found = await look(client, domain_name)
    for _ in range(MAX_LOOKS):
        seen = doubt(found)
        if not seen:
            return found
        await asyncio.sleep(pause)
        if found is None and not await _is_listed(client, domain_name):
            return None
        again = await look(client, domain_name)
        if again is not None and doubt(again) == seen:
            return again
        found = again
    raise HostingError(f"The host says now this and now that of {domain_name}.")


async def _is_listed(client: HostingApi, domain_name: str) -> bool:
    return domain_name in {site.domain_name for site in await client.list_sites()}


async def certificate_of(client: HostingApi, site: Site) -> str:
    """The kind of its own certificate, empty if it has none, CERTIFICATE_NOT_KNOWN if the host
    refuses to say. Raises HostingError if it may say so later.

    Only a 404 means that there is none: what is taken for none is lost in silence.
    """
    if not site.is_custom_domain:
        return ""
    try:
        certificate = await client.certificate(site.domain_name)
    except HostRefused as error:
        if outcome_of(error) in (Outcome.UNCLEAR, Outcome.NOT_SENT):
            raise
        return CERTIFICATE_NOT_KNOWN
    return certificate.likely_kind if certificate else ""


async def certificate_if_known(client: HostingApi, site: Site, pause: float) -> str:
    """Like `certificate_of`, but CERTIFICATE_NOT_KNOWN, too, if two answers, `pause` seconds apart,
    are of no use: that must not keep people from their sites."""
    for _ in range(2):
        try:
            return await certificate_of(client, site)
        except HostingError as error:
            if not is_unclear(error):
                raise
        await asyncio.sleep(pause)
    return CERTIFICATE_NOT_KNOWN


async def create(client: HostingApi, wanted: Specification) -> Site:
    return await client.create_site(
        wanted.domain_name, wanted.command, wanted.working_folder, enabled=wanted.enabled
    )


async def delete(client: HostingApi, domain_name: str, *, disable_first: bool) -> None:
    """A site that crashes in a loop is not always deleted unless it is disabled before."""
    if disable_first:
        with suppress(HostingError):
            await client.set_enabled(domain_name, False)
    await client.delete_site(domain_name)


def lost_with(wanted: Specification, made: Site) -> str:
    """What a site that is made anew does not have as before, in words."""
    lost: list[str] = []
    if wanted.more_domains:
        names = ", ".join(wanted.more_domains)
        lost.append(
            f"The host gives a new site one domain only; these have to be added again: {names}."
        )
    if wanted.cname and made.cname and wanted.cname != made.cname:
        lost.append(
            f"The host has chosen another CNAME target: where the DNS of {made.domain_name} is "
            f"managed, change it from {wanted.cname} to {made.cname}."
        )
    return " ".join(lost)


async def complete(
    client: HostingApi,
    wanted: Specification,
    found: tuple[Site, Specification],
    *,
    reloads: bool,
    is_last_try: bool,
) -> str:
    """Sets what a site made anew lacks, and returns what it still lacks, in words.

    Everything may be done twice. Raises HostingError, at the last try only about the switch.
    """
    site, specification = found
    if specification.enabled != wanted.enabled:
        await client.set_enabled(wanted.domain_name, wanted.enabled)
    lacks = ""
    try:
        lacks = await _certify(client, wanted, site)
        if reloads and wanted.enabled:
            await client.reload_site(wanted.domain_name)
    except HostingError as error:
        if not is_last_try:
            raise
        lacks = f"Its certificate or its reload failed: {error}"
    return " ".join(filter(None, (lacks, lost_with(wanted, site))))


async def _certify(client: HostingApi, wanted: Specification, site: Site) -> str:
    if wanted.certificate == CERTIFICATE_NOT_KNOWN:
        return "Whether it had a certificate of its own is not known; check it."
    if not wanted.certificate:
        return ""
    if await certificate_of(client, site) not in ("", CERTIFICATE_NOT_KNOWN):
        return ""
    if wanted.certificate != AUTO_RENEWED:
        return "Its own certificate has to be uploaded again."
    await client.request_certificate(wanted.domain_name)
    return ""
