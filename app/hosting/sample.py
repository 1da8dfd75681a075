"""The sample site: a small FastHTML program in the data folder, there to be clicked and changed."""

import shlex
import sys
from importlib import resources
from pathlib import Path

DOMAIN_NAME = "hello.localhost"


def write_sample(data: Path) -> Path:
    """Writes the program unless it is there, since it may have been edited; returns its folder."""
    folder = data / "sites" / "hello"
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "main.py"
    if not program.exists():
        text = (resources.files("app.hosting") / "sample_site.py").read_text(encoding="utf-8")
        program.write_text(text, encoding="utf-8")
    return folder


def sample_command(folder: Path) -> str:
    """The command that serves it with the Python that runs Sitedeck."""
    python, app_dir = shlex.quote(sys.executable), shlex.quote(str(folder))
    return f"{python} -m uvicorn --app-dir {app_dir} --uds ${{DOMAIN_SOCKET}} main:app"
