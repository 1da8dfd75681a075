"""Server time of the pages while an account's API hangs: `python -m bench.hanging`.

Target: every page under 100 ms. The API is the tests' PythonAnywhere on a real socket, which takes
calls and does not answer them.
"""

import json
import tempfile
import time
from functools import partial
from pathlib import Path

from bench.pages import timed
from tests.fakes.faults import Fault
from tests.fakes.pythonanywhere import TOKEN, USER, fake_pythonanywhere
from tests.process import Product, signed_in_client
from tests.support import eventually

RESULTS = Path(__file__).parent / "results" / "hanging.json"
SITE = "shop.example.org"


def main() -> None:
    with fake_pythonanywhere() as fake, tempfile.TemporaryDirectory(prefix="sitedeck-") as folder:
        fake.add_site(SITE, "/home/alice/serve")
        product = Product(Path(folder) / "data", SITEDECK_API_HOSTS=f"lab={fake.address}")
        product.start()
        try:
            with signed_in_client(product) as client:
                form = {"label": "Acme", "host": "lab", "username": USER, "token": TOKEN}
                assert client.post("/accounts", data=form).status_code == 303
                eventually(lambda: SITE in client.get("/").text, "the site is listed")
                fake.fail(Fault.HANG)
                # Until the next look at the account has begun to wait.
                calls = fake.count("websites")
                eventually(lambda: fake.count("websites") > calls, "a call hangs", 30)
                time.sleep(0.5)
                site = f"/accounts/acme/sites/{SITE}"
                pages = ("/", "/accounts", site, f"{site}/logs", f"{site}/settings", "/activity")
                results = {path: timed(30, partial(client.get, path)) for path in pages}
        finally:
            product.close()
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
