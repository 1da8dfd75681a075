"""Every error Sitedeck raises on purpose. Messages are written for people: what failed, what is
now true, what to do. They never hold a secret, so they may be shown."""


class SitedeckError(Exception):
    """Base of all expected errors; `str(error)` may be shown to a signed-in person."""


class ConfigurationError(SitedeckError):
    """A setting, file or port that start-up cannot work with. The command line prints it."""


class InvalidInput(SitedeckError):
    """A value that a person typed. `field` names the form field it belongs to, if one does."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class NotFound(SitedeckError):
    """The site, account, log or page does not exist."""


class HostingError(SitedeckError):
    """A call to an account failed. The message says what the host answered."""


class HostUnavailable(HostingError):
    """No usable answer: nothing listens, time ran out, or the answer was not the API's."""


class AnswerTooLarge(HostUnavailable):
    """The host works, but its answer is more than Sitedeck reads; asking again cannot help."""


class NotSent(HostUnavailable):
    """No change was sent: the host could not be reached, or not be read before."""


class OutcomeUnknown(HostUnavailable):
    """A change was sent and its answer was lost; the journal finds out what came of it."""


class SwitchedOff(HostingError):
    """A reload has left the site switched off, or may have; the journal switches it on again."""


class SiteBusy(HostingError):
    """Another operation on the same site is not finished."""


class HostRefused(HostingError):
    """The API answered with an error. `status` is its HTTP status, `field` the field it names."""

    def __init__(self, message: str, status: int, field: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.field = field


class TokenRefused(HostRefused):
    """The account's token is not valid at this host; calling again cannot help."""

    def __init__(self, message: str) -> None:
        super().__init__(message, 401)


class HostThrottled(HostRefused):
    """Too many calls. `retry_seconds` is how long the API asked to wait, if it said so."""

    def __init__(self, message: str, retry_seconds: float | None) -> None:
        super().__init__(message, 429)
        self.retry_seconds = retry_seconds


class CallHeldBack(HostThrottled):
    """Sitedeck itself did not make the call, to leave the account alone for `retry_seconds`."""
