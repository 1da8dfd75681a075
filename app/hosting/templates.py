"""Templates of sites: what each fills into the command, and what to set up before.

Every one of them listens on the Unix socket that the host names in DOMAIN_SOCKET.
"""

from app.hosting import starters
from app.models import Account, AccountKind, SetupStep, SiteTemplate, fill_pattern

OWN_COMMAND = "own"
_UVICORN = "{virtualenv}/bin/uvicorn --app-dir {folder} --uds ${{DOMAIN_SOCKET}} {application}"
# Threads, so that a slow request does not keep all others waiting.
_GUNICORN = (
    "{virtualenv}/bin/gunicorn --threads 8 --chdir {folder} "
    "--bind unix:${{DOMAIN_SOCKET}} {application}"
)
_OWN = "{virtualenv}/bin/python {folder}/{application} ${{DOMAIN_SOCKET}}"
_MOUNT = "Mount Starlette’s StaticFiles in the application."

TEMPLATES = (
    SiteTemplate(
        id="fasthtml",
        name="FastHTML",
        server="uvicorn",
        command=_UVICORN,
        application="main:app",
        install="python-fasthtml",
        starter_file="main.py",
        starter=starters.FASTHTML,
        static_files=_MOUNT,
    ),
    SiteTemplate(
        id="fastapi",
        name="FastAPI",
        server="uvicorn",
        command=_UVICORN,
        application="main:app",
        install='"uvicorn[standard]" fastapi',
        starter_file="main.py",
        starter=starters.FASTAPI,
        static_files=_MOUNT,
    ),
    SiteTemplate(
        id="django",
        name="Django",
        server="async, uvicorn",
        command=_UVICORN,
        application="mysite.asgi:application",
        install='"uvicorn[standard]" django',
        starter_file="mysite/urls.py",
        starter=starters.DJANGO,
        static_files="Let WhiteNoise serve them.",
        steps=(
            SetupStep("A project", "{virtualenv}/bin/django-admin startproject mysite {folder}"),
            SetupStep("The domain in mysite/settings.py", 'ALLOWED_HOSTS = ["{domain}"]'),
        ),
    ),
    SiteTemplate(
        id="starlette",
        name="Starlette",
        server="uvicorn",
        command=_UVICORN,
        application="main:app",
        install='"uvicorn[standard]" starlette',
        starter_file="main.py",
        starter=starters.STARLETTE,
        static_files=_MOUNT,
    ),
    SiteTemplate(
        id="litestar",
        name="Litestar",
        server="uvicorn",
        command=_UVICORN,
        application="app:app",
        install='"uvicorn[standard]" litestar',
        starter_file="app.py",
        starter=starters.LITESTAR,
        static_files="Add Litestar’s create_static_files_router to the application.",
    ),
    SiteTemplate(
        id="quart",
        name="Quart",
        server="uvicorn",
        command=_UVICORN,
        application="app:app",
        install='"uvicorn[standard]" quart',
        starter_file="app.py",
        starter=starters.QUART,
        static_files="Quart serves the folder “static” of the project by itself.",
    ),
    SiteTemplate(
        id="flask",
        name="Flask",
        server="gunicorn",
        command=_GUNICORN,
        application="flask_app:app",
        install="flask gunicorn",
        starter_file="flask_app.py",
        starter=starters.FLASK,
        static_files="Flask serves the folder “static” of the project by itself.",
    ),
    SiteTemplate(
        id="wsgi",
        name="Other WSGI",
        server="gunicorn",
        command=_GUNICORN,
        application="wsgi:application",
        install="gunicorn",
        starter_file="wsgi.py",
        starter=starters.WSGI,
        static_files="Let WhiteNoise serve them.",
    ),
    SiteTemplate(
        id="streamlit",
        name="Streamlit",
        server="uvicorn",
        command=_UVICORN,
        application="main:app",
        # Since 1.57 its own server cannot listen on a Unix socket, but it is an ASGI application.
        install='"uvicorn[standard]" "streamlit>=1.57"',
        starter_file="main.py",
        starter=starters.STREAMLIT,
        static_files="Set server.enableStaticServing in .streamlit/config.toml.",
        steps=(
            SetupStep(
                "The page itself: streamlit_app.py", 'import streamlit; streamlit.title("Hello")'
            ),
        ),
    ),
    SiteTemplate(
        id=OWN_COMMAND,
        name="Other",
        server="any program",
        command=_OWN,
        application="serve.py",
        install="",
        starter_file="serve.py",
        starter=starters.OWN,
        static_files="The program has to serve them.",
    ),
)


def find_template(template_id: str) -> SiteTemplate | None:
    return next((template for template in TEMPLATES if template.id == template_id), None)


def fill_in(template: SiteTemplate, virtualenv: str, folder: str, application: str) -> str:
    """The template's command; paths that hold blanks are quoted."""
    return fill_pattern(
        template.command,
        virtualenv=virtualenv.rstrip("/"),
        folder=folder.rstrip("/") or "/",
        application=application or template.application,
    )


def suggested_domain(account: Account) -> str:
    """The account's own domain at PythonAnywhere, a name that browsers know on this machine."""
    if account.kind is AccountKind.LOCAL:
        return "shop.localhost"
    region = "eu." if account.api_host == "eu" else ""
    return f"{account.username.lower()}.{region}pythonanywhere.com"
