"""Kinds of sites: how each is served, and what to set up before it can be."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SetupStep:
    """One more thing to do before the site is created; `line` is a pattern to fill in and copy."""

    title: str
    line: str


@dataclass(frozen=True, slots=True)
class SiteTemplate:
    """A kind of site. `command` and the steps are patterns for `fill_pattern`.

    `install` is what pip installs, `starter` a file to start from, `static_files` one sentence on
    how such a program serves its static files by itself.
    """

    id: str
    name: str
    server: str
    command: str
    application: str
    install: str
    starter_file: str
    starter: str
    static_files: str
    steps: tuple[SetupStep, ...] = ()


def fill_pattern(pattern: str, **values: str) -> str:
    """The pattern with its `{fields}` filled in; words that got a blank are quoted as a whole.

    Both a shell and a host that splits the line as systemd does read such words as one: systemd
    knows quotes only around whole words.
    """
    words = ((word, word.format(**values)) for word in pattern.split(" "))
    return " ".join(
        f'"{filled}"' if filled != word and " " in filled else filled for word, filled in words
    )
