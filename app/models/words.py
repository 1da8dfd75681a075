"""Numbers of things in words for people."""


def counted(number: int, thing: str) -> str:
    """`1 site`, `2 sites`, `1,000 sites`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
