"""Ask the web server of this container how it is: `python -m config.probe`."""

import json
import os
import urllib.error
import urllib.request
from urllib.parse import urlsplit

ADDRESS = "http://127.0.0.1:8000/health"


def main() -> None:
    """End with 0 if the server answers and has its database."""
    host = urlsplit(os.environ["PNYX_BASE_URL"]).netloc
    request = urllib.request.Request(ADDRESS, headers={"Host": host, "X-Forwarded-Proto": "https"})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - as above
            body = answer.read()
    except urllib.error.HTTPError as error:
        body = error.read()
    except OSError as error:
        raise SystemExit(str(error)) from error
    if "database" in json.loads(body)["down"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
