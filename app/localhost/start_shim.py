"""Entry of a shim process: `python -I -S start_shim.py PLAN_AS_JSON`.

Isolated mode keeps the environment, the user's packages and the working folder from changing
what a shim imports, so this file names the one folder it needs.
"""

import os
import sys


def main() -> int:
    project = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    # Last, so that nothing in the project can stand in for the standard library.
    sys.path.append(project)
    from app.localhost import shim

    return shim.run(sys.argv[1])


if __name__ == "__main__":
    raise SystemExit(main())
