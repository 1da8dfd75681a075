"""Command lines of sites: templates that fill one in, and checks of one that was typed.

A host starts the command as a program with arguments. What only a shell understands leads to a site
that answers 502, so it is refused before the site exists.
"""

import shlex

from app.errors import InvalidInput
from app.models import Account, AccountKind, SiteTemplate

MAX_COMMAND = 4000
_SHELL_WORDS = ("&&", "||", "|", ";", "&", ">", "<", ">>")
_UVICORN = "{virtualenv}/bin/uvicorn --app-dir {folder} --uds ${{DOMAIN_SOCKET}} {application}"


TEMPLATES = (
    SiteTemplate(
        "fasthtml",
        "FastHTML",
        "uvicorn",
        _UVICORN,
        "main:app",
        "python-fasthtml",
        "main.py",
        "from fasthtml.common import FastHTML, P\n\napp = FastHTML()\n\n\n"
        '@app.get("/")\ndef index():\n    return P("Hello")\n',
    ),
    SiteTemplate(
        "fastapi",
        "FastAPI",
        "uvicorn",
        _UVICORN,
        "main:app",
        '"uvicorn[standard]" fastapi',
        "main.py",
        'from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get("/")\n'
        'def index():\n    return {"hello": "world"}\n',
    ),
    SiteTemplate(
        "django",
        "Django",
        "ASGI, uvicorn",
        _UVICORN,
        "mysite.asgi:application",
        '"uvicorn[standard]" django',
        "mysite/asgi.py",
        "import os\n\nfrom django.core.asgi import get_asgi_application\n\n"
        'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")\n'
        "application = get_asgi_application()\n",
    ),
    SiteTemplate(
        "starlette",
        "Starlette",
        "uvicorn",
        _UVICORN,
        "main:app",
        '"uvicorn[standard]" starlette',
        "main.py",
        "from starlette.applications import Starlette\n"
        "from starlette.responses import PlainTextResponse\n"
        "from starlette.routing import Route\n\n\nasync def index(request):\n"
        '    return PlainTextResponse("Hello")\n\n\n'
        'app = Starlette(routes=[Route("/", index)])\n',
    ),
)
OWN_COMMAND = "own"


def find_template(template_id: str) -> SiteTemplate | None:
    """None stands for a command of one's own."""
    return next((template for template in TEMPLATES if template.id == template_id), None)


def fill_in(template: SiteTemplate, virtualenv: str, folder: str, application: str) -> str:
    """The template's command with paths quoted where they need it."""
    return template.command.format(
        virtualenv=shlex.quote(virtualenv.rstrip("/")),
        folder=shlex.quote(folder),
        application=shlex.quote(application or template.application),
    )


def suggested_domain(account: Account) -> str:
    """The account's own domain at PythonAnywhere, a name that browsers know on this machine."""
    if account.kind is AccountKind.LOCAL:
        return "shop.localhost"
    region = "eu." if account.api_host == "eu" else ""
    return f"{account.username.lower()}.{region}pythonanywhere.com"


def check_command(command: str) -> str:
    """The command without blanks around it. Raises InvalidInput with what to write instead."""
    text = command.strip()
    if not text:
        raise _wrong("Type the command that starts the site, or choose a template.")
    if len(text) > MAX_COMMAND or not text.replace("\t", " ").isprintable():
        raise _wrong("Use one line of at most 4,000 printable characters.")
    try:
        words = shlex.split(text)
    except ValueError:
        raise _wrong("A quote is not closed.") from None
    for word in words:
        if word in _SHELL_WORDS:
            raise _wrong(
                f"{word} means nothing here, because no shell reads this line. Put it into "
                "/bin/bash -lc '...' or into a script."
            )
        if word.startswith("~"):
            raise _wrong(f"{word}: ~ is not replaced here. Write the whole path.")
    _check_program(words[0])
    return text


def _check_program(program: str) -> None:
    name, is_assignment, _ = program.partition("=")
    if is_assignment and name.isidentifier():
        raise _wrong(f"Set variables with the env program: /usr/bin/env {program} ...")
    if not program.startswith(("/", "${HOME}/")):
        raise _wrong(f"{program} needs its whole path, for example /usr/bin/{program}.")


def _wrong(message: str) -> InvalidInput:
    return InvalidInput(message, "command")
