"""What can go wrong with an API: answers that a test switches on."""

from enum import Enum

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

PAGE = "<html><body><h1>Something went wrong :-(</h1></body></html>"


class Fault(Enum):
    HANG = "hang"
    HTML = "a web page with 200"
    GARBAGE = "no JSON with 200"
    EMPTY = "nothing with 200"
    RESET = "a closed connection"
    CUT = "half an answer"
    HTML_500 = "a web page with 500"
    HTML_502 = "a web page with 502"
    SILENT_429 = "429 without Retry-After"
    REDIRECT = "a redirect"
    ECHO = "the request's headers with 400"
    ECHO_200 = "the request's headers in an error object with 200"


async def faulty_answer(fault: Fault, request: Request) -> Response:
    """The answer that the fault gives; Fault.RESET has none and is not asked for one."""
    if fault is Fault.HANG:
        while (await request.receive())["type"] != "http.disconnect":
            pass
    echo = f"The host got {dict(request.headers)}"
    answers = {
        Fault.HANG: Response(),
        Fault.HTML: HTMLResponse(PAGE),
        Fault.GARBAGE: Response(b'{"domain_name": [', media_type="application/json"),
        Fault.EMPTY: Response(b""),
        Fault.CUT: Response(b"[", headers={"content-length": "5000"}),
        Fault.HTML_500: HTMLResponse(PAGE, 500),
        Fault.HTML_502: HTMLResponse(PAGE, 502),
        Fault.SILENT_429: Response(b'{"detail":"Request was throttled."}', 429),
        Fault.ECHO: Response(echo, 400),
        Fault.ECHO_200: JSONResponse({"status": "ERROR", "error_message": echo}),
        Fault.REDIRECT: Response(status_code=302, headers={"location": "/login/"}),
    }
    return answers[fault]
