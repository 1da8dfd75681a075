"""A small FastHTML site to try Sitedeck with. Change it as you like, then click Reload."""

import logging
import secrets

from fasthtml.common import (
    H1,
    Button,
    Div,
    FastHTML,
    Form,
    Link,
    Main,
    P,
    RedirectResponse,
    Request,
    Style,
    Title,
)

logging.basicConfig(level=logging.INFO, format="%(levelname)s:     %(message)s")
log = logging.getLogger("hello")

app = FastHTML(default_hdrs=False, secret_key=secrets.token_hex())
visits = 0

LOOK = """
  :root { color-scheme: light dark; font-family: system-ui, sans-serif; }
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; }
  main { max-width: 30rem; padding: 2rem; text-align: center; }
  .counter { font-size: 4rem; font-weight: 700; }
  .row { display: flex; gap: .75rem; justify-content: center; flex-wrap: wrap; }
  button { font: inherit; padding: .5rem 1rem; }
"""


@app.get("/")
def index(request: Request):
    global visits
    # Sitedeck asks once after each start whether the site answers; that is no visit.
    if request.headers.get("user-agent") != "Sitedeck-Probe":
        visits += 1
    return (
        Title("Hello from Sitedeck"),
        Link(rel="icon", href="data:,"),
        Style(LOOK),
        Main(
            H1("Hello from Sitedeck"),
            P("This page was opened", Div(visits, id="counter", cls="counter"), "times."),
            P("The counter lives in memory: a reload of the site starts it again."),
            Div(
                Form(Button("Write a log line"), action="/log", method="post"),
                Form(Button("Raise an exception"), action="/raise", method="post"),
                cls="row",
            ),
        ),
    )


@app.post("/log")
def write_a_line():
    log.info("Somebody clicked on the button at counter %d", visits)
    return RedirectResponse("/", status_code=303)


@app.post("/raise")
def raise_an_exception():
    raise RuntimeError(f"This was asked for, at counter {visits}")
