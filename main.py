"""Sitedeck: `python main.py` starts the dashboard; `python main.py --help` lists the commands."""

import os
import sys
from pathlib import Path

# What `make run` installs the libraries for.
PYTHON = Path(__file__).resolve().parent / ".venv" / "bin" / "python"


def run() -> int:
    """Hands over to the Python that has the libraries, whichever was called."""
    try:
        from app.cli import main
    except ImportError as error:
        if sys.executable == str(PYTHON):
            raise
        if PYTHON.exists():
            os.execv(PYTHON, [str(PYTHON), *sys.argv])
        sys.exit(f"sitedeck: {error}. Install what it needs: make run")
    return main()


if __name__ == "__main__":
    sys.exit(run())
