"""The attribute names of live updates, in one place: htmx's SSE extension and its triggers."""

from collections.abc import Mapping


def stream(url: str) -> Mapping[str, str]:
    """For the element that opens the page's one event stream."""
    return {"hx_ext": "sse", "sse_connect": url}


def replaced_by(event: str) -> Mapping[str, str]:
    """For an element that each event of that name replaces."""
    return {"sse_swap": event, "hx_swap": "outerHTML"}


def appended_by(event: str) -> Mapping[str, str]:
    """For an element to which each event of that name adds."""
    return {"sse_swap": event, "hx_swap": "beforeend"}


def fetched_on(event: str, url: str, target: str) -> Mapping[str, str]:
    """For an element that is fetched anew, shortly after an event of that name."""
    return {
        "hx_get": url,
        "hx_trigger": f"sse:{event} delay:300ms",
        "hx_target": target,
        "hx_swap": "outerHTML",
    }
