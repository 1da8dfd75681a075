"""Icons: references into the two SVG sprites. Built from the bare element class, as there are many.

FastHTML's named components cost about five times as much for the same markup.
"""

from fastcore.xml import FT

from app import urls
from app.models import SiteStatus


def Icon(name: str, cls: str = "icon") -> FT:
    """A decorative icon; an icon-only control needs a label of its own."""
    use = FT("use", (), {"href": urls.icon(name)})
    return FT("svg", (use,), {"class": cls, "aria-hidden": "true"})


def StatusIcon(status: SiteStatus) -> FT:
    use = FT("use", (), {"href": urls.status_icon(status.value)})
    return FT("svg", (use,), {"aria-hidden": "true"})


def BrandMark() -> FT:
    rows = [
        ("3", "20", ""),
        ("10", "20", ".65"),
        ("17", "12", ".35"),
    ]
    shapes = tuple(
        FT(
            "rect",
            (),
            {"x": "2", "y": y, "width": width, "height": "5", "rx": "1.5", "fill": "currentColor"}
            | ({"opacity": opacity} if opacity else {}),
        )
        for y, width, opacity in rows
    )
    dot = FT("circle", (), {"cx": "19", "cy": "19.5", "r": "2.5", "fill": "#22a06b"})
    attributes = {"class": "mark", "viewBox": "0 0 24 24", "aria-hidden": "true"}
    return FT("svg", (*shapes, dot), attributes)
