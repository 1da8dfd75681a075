"""Which library a file belongs to, by its path alone; the site's own files belong to none."""

import re

_INSTALLED = re.compile(r"(?:site|dist)-packages/([^/]+)")
_STANDARD_LIBRARY = re.compile(r"/lib/python3\.\d+/([^/]+)")
_FROZEN = re.compile(r"<frozen ([\w]+)")


def package_of(file: str) -> str:
    """The name of the package that a frame's file is in, or an empty text for own code."""
    if file == "<string>":
        return "generated code"
    for pattern in (_INSTALLED, _STANDARD_LIBRARY, _FROZEN):
        found = pattern.search(file)
        if found is not None:
            return found[1].removesuffix(".py")
    return ""
