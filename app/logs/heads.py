"""The head of a log line: the level and the time that its own format states.

Only the position counts: a word like ERROR further on in the text, or in an address, says nothing.
"""

import json
import re
from datetime import UTC, datetime
from typing import NamedTuple

from app.models import Level

_WORDS = {
    "CRITICAL": Level.ERROR,
    "FATAL": Level.ERROR,
    "ALERT": Level.ERROR,
    "EMERG": Level.ERROR,
    "CRIT": Level.ERROR,
    "ERROR": Level.ERROR,
    "WARNING": Level.WARNING,
    "WARN": Level.WARNING,
    "NOTICE": Level.INFO,
    "INFO": Level.INFO,
    "DEBUG": Level.INFO,
    "TRACE": Level.INFO,
}
_WORD = "|".join(_WORDS)
_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_a-z=>])", re.ASCII
)
_LEVEL_FIRST = re.compile(rf"\[?({_WORD})(?:\]|:(?=[\s\w]|$))", re.ASCII)
_TIME_FIRST = re.compile(
    r"\[?(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?"
    r" ?(Z|[+-]\d\d:?\d\d)?\]?(?=[\s:,|]|$)(?:\s?[:,|])?\s?",
    re.ASCII,
)
# What may stand between the time and the level: a process id, or the name of a logger.
_LEVEL_AFTER_TIME = re.compile(
    rf"[\s|]*(?:\[\d{{1,10}}\]\s*)?(?:-\s*)?(?:[\w.]{{1,80}}\s+-\s+)?\[?({_WORD})\b(?!/)\]?",
    re.ASCII,
)
_ACCESS = re.compile(
    r'\S* ?\S* ?\S* ?\[(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] "[^"]*" (\d{3}) ',
    re.ASCII,
)
_UVICORN_ACCESS = re.compile(r'INFO:\s+\S* ?- "[A-Z]+ [^"]*" (\d{3})(?:\s|$)', re.ASCII)
_WARNING_LINE = re.compile(r"[^\s:][^:]{0,300}:\d{1,7}: \w*Warning: ", re.ASCII)
_JSON_LEVELS = ("level", "levelname", "severity", "log_level")
_JSON_TIMES = ("time", "timestamp", "asctime", "ts", "@timestamp")


class Head(NamedTuple):
    """What the head of a line says. `rest` is the text after a leading time stamp."""

    level: Level | None
    time: datetime | None
    rest: str


def without_escapes(text: str) -> str:
    """The text as it would be read: without terminal colours and other escape sequences."""
    return _ESCAPES.sub("", text) if "\x1b" in text else text


def read_head(text: str) -> Head:
    """Reads the head of one line, given without escapes."""
    first = text[:1]
    if first == "{":
        return _read_json(text)
    if first in " \t|" or not first:
        return Head(None, None, text)
    if first.isdigit() or first == "[":
        stamped = _TIME_FIRST.match(text)
        if stamped is not None:
            return _read_stamped(text, stamped)
    return _read_plain(text)


def _read_plain(text: str) -> Head:
    word = _LEVEL_FIRST.match(text)
    if word is not None:
        access = _UVICORN_ACCESS.match(text) if word[1] == "INFO" else None
        level = _level_of_status(access[1]) if access else _WORDS[word[1]]
        return Head(level, None, text)
    if '"' in text:
        access = _ACCESS.match(text)
        if access is not None:
            return Head(_level_of_status(access[2]), _access_time(access[1]), text)
    if "Warning: " in text and _WARNING_LINE.match(text):
        return Head(Level.WARNING, None, text)
    return Head(None, None, text)


def _read_stamped(text: str, stamped: re.Match[str]) -> Head:
    day, clock, fraction, zone = stamped.groups()
    stamp = f"{day}T{clock}.{(fraction or '0')[:6]:0<6}{zone or '+00:00'}"
    rest = text[stamped.end() :]
    word = _LEVEL_AFTER_TIME.match(rest)
    return Head(_WORDS[word[1]] if word else None, _iso_time(stamp), rest)


def _read_json(text: str) -> Head:
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        return Head(None, None, text)
    if not isinstance(fields, dict):
        return Head(None, None, text)
    words = (fields.get(name) for name in _JSON_LEVELS)
    level = next((_WORDS.get(word.upper()) for word in words if isinstance(word, str)), None)
    stamps = (fields.get(name) for name in _JSON_TIMES)
    time = next((_iso_time(stamp) for stamp in stamps if isinstance(stamp, str)), None)
    return Head(level, time, text)


def _level_of_status(status: str) -> Level:
    return {"5": Level.ERROR, "4": Level.WARNING}.get(status[0], Level.INFO)


def _iso_time(stamp: str) -> datetime | None:
    """UTC is assumed where the text names no zone."""
    try:
        time = datetime.fromisoformat(stamp)
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _access_time(stamp: str) -> datetime | None:
    try:
        return datetime.strptime(stamp, "%d/%b/%Y:%H:%M:%S %z").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
