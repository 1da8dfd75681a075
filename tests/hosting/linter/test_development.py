"""Servers for development are exchanged for uvicorn where it is known what they serve."""

import pytest

from tests.hosting.linter.support import BIN, UDS, check_mended


@pytest.mark.parametrize(
    ("command", "words", "corrected"),
    [
        ("/v/python manage.py runserver 0.0.0.0:8000", "listens on a port alone", ""),
        ("/v/python /s/manage.py runserver", "PROJECT is the folder with asgi.py", ""),
        ("/bin/bash -lc 'cd /s && python manage.py runserver'", "listens on a port alone", ""),
        (
            "/v/python /s/manage.py runserver --settings=shop.settings 80",
            "listens on a port alone",
            f"/v/python -m uvicorn {UDS} --app-dir /s shop.asgi:application",
        ),
        (
            "cd /s && python manage.py runserver --settings shop.settings.live",
            "listens on a port alone",
            '/bin/bash -lc "cd /s && exec /usr/bin/env DJANGO_SETTINGS_MODULE=shop.settings.live '
            f'{BIN}/python -m uvicorn {UDS} shop.asgi:application"',
        ),
        (
            "DJANGO_SETTINGS_MODULE=shop.live /s/manage.py runserver",
            "listens on a port alone",
            None,
        ),
        ("/v/django-admin runserver", "where PROJECT is the folder with asgi.py", ""),
        ("/v/python -m django runserver --settings shop.settings", "listens on a port", ""),
        ("/v/fastapi run main.py", "fastapi run listens", f"/v/uvicorn {UDS} main:app"),
        (
            "/v/fastapi dev /a-b/shop.py --host :: --port=80 --reload --app web --root-path /x",
            "fastapi dev listens",
            f"/v/uvicorn {UDS} --app-dir /a-b --root-path /x shop:web",
        ),
        (
            "/v/fastapi run /home/alice/main.py",
            "fastapi run listens",
            f"/v/uvicorn {UDS} --app-dir /home/alice main:app",
        ),
        (
            "/v/fastapi run app/main.py",
            f"uvicorn {UDS} app.main:app if app/ is a package, which has an __init__.py, "
            f"else {UDS} --app-dir app main:app.",
            "",
        ),
        (
            "cd /s && /v/fastapi dev '/home/alice/a b/shop/main.py' --app web",
            f'{UDS} --app-dir "/home/alice/a b" shop.main:web if shop/ is a package',
            "",
        ),
        ("/v/fastapi run ../main.py", "fastapi run listens", ""),
        (
            "cd ~/s && fastapi run main.py",
            "fastapi run listens",
            f'/bin/bash -lc "cd ~/s && exec {BIN}/uvicorn {UDS} main:app"',
        ),
        ("/v/python -m fastapi run m.py", "listens", f"/v/python -m uvicorn {UDS} m:app"),
        ("/v/fastapi run", "main:app, with its whole path", ""),
        ("/v/fastapi run main.py --unknown", "fastapi run listens", ""),
        ("/v/fastapi run my-app.py", "fastapi run listens", ""),
        (
            "/bin/bash -lc 'cd /s && v/bin/fastapi run main.py'",
            "fastapi run listens",
            f'/bin/bash -lc "cd /s && v/bin/uvicorn {UDS} main:app"',
        ),
    ],
)
def test_a_server_for_development_is_refused(
    command: str, words: str, corrected: str | None
) -> None:
    check_mended(command, words, corrected)
