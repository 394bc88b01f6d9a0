"""`python -m config.demo [--once] [--fresh] [--port N]`."""

import argparse

from config.demo.place import take_place
from config.demo.processes import ChildDied
from config.demo.supervisor import Stopped, Supervisor, Wishes
from config.embedded.child import CannotStart
from config.front_end import CannotBuild
from config.progress import say

DEFAULT_PORT = 8000


def main() -> None:
    """Run the demo until Ctrl-C, or once."""
    parser = argparse.ArgumentParser(
        prog="make demo",
        description="Run Pnyx with PostgreSQL, Valkey, a worker and real ballots on this machine.",
    )
    parser.add_argument("--once", action="store_true", help="do everything, check it, and end")
    parser.add_argument("--fresh", action="store_true", help="forget what earlier starts left")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="the web server's port")
    given = parser.parse_args()
    wishes = Wishes(port=given.port, once=given.once, fresh=given.fresh)
    try:
        Supervisor(place=take_place(), wishes=wishes).run()
    except Stopped:
        say("Stopped; nothing is left running.")
        raise SystemExit(130 if wishes.once else 0) from None
    except (CannotStart, CannotBuild, ChildDied) as error:
        raise SystemExit(f"Demo: {error}") from error
    say("Everything works; nothing is left running.")


if __name__ == "__main__":
    main()
