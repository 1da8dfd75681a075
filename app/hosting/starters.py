"""Files to start from: for each kind of site the smallest program that shows a page."""

FASTHTML = """\
from fasthtml.common import FastHTML, P

app = FastHTML()


@app.get("/")
def index():
    return P("Hello")
"""

FASTAPI = """\
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def index():
    return {"hello": "world"}
"""

DJANGO = """\
from django.http import HttpResponse
from django.urls import path


async def index(request):
    return HttpResponse("Hello")


urlpatterns = [path("", index)]
"""

STARLETTE = """\
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route


async def index(request):
    return PlainTextResponse("Hello")


app = Starlette(routes=[Route("/", index)])
"""

LITESTAR = """\
from litestar import Litestar, get


@get("/")
async def index() -> str:
    return "Hello"


app = Litestar([index])
"""

QUART = """\
from quart import Quart

app = Quart(__name__)


@app.get("/")
async def index():
    return "Hello"
"""

FLASK = """\
from flask import Flask

app = Flask(__name__)


@app.get("/")
def index():
    return "Hello"
"""

WSGI = """\
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"Hello"]
"""

STREAMLIT = """\
from pathlib import Path

from streamlit.starlette import App

app = App(Path(__file__).with_name("streamlit_app.py"))
"""

OWN = """\
import sys
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer


class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        self.wfile.write(b"Hello")

    def address_string(self):
        return "-"  # there are no client addresses on a Unix socket


socket = Path(sys.argv[1])
socket.unlink(missing_ok=True)  # what an earlier run may have left
ThreadingUnixStreamServer(str(socket), Page).serve_forever()
"""
