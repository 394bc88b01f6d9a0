import sqlite3

import pytest

from tests.factories.logs import event
from tests.integration.evote.processes import run_until_request


def test_killed_before_any_answer_a_monitor_goes_on_where_it_was(log, web, watch):
    server, address = web
    arguments = ["monitor", address, "--key", log.vkey, "--state", "watch.db", "--once"]
    for round_ in range(2):
        for count in range(1, 40):
            if run_until_request(server, count, arguments) == 0:
                break
        else:
            pytest.fail("it never came to an end")
        assert count > 3
        with sqlite3.connect("watch.db") as database:
            [progress] = database.execute("SELECT next_height, last_type FROM elections")
        assert progress == (log.size, "Ballot")
        if round_ == 0:
            log.grow(*(event(height) for height in range(300, 900)))
    assert watch()[0] == 0
