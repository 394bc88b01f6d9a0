import shutil
import socket

import pytest

from evote.tlog.witness import origin_hash
from tests.factories.witnessing import (
    ORIGIN,
    VKEY,
    SmallLog,
    WitnessPlace,
    ask,
    evote,
    post,
    refused_to_start,
    served_witness,
)

LOG = SmallLog()
FORK = LOG.fork(3)
FOLDER = origin_hash(ORIGIN)


@pytest.fixture
def place(tmp_path):
    return WitnessPlace(tmp_path)


def forgetful(place, *, old=5, new=9, log=LOG):
    """Have a witness cosign twice and then restore its state from before the second time."""
    with served_witness(*place.options()) as (process, url):
        assert post(url, log.request(0, old))[0] == 200
        process.terminate()
        process.wait(timeout=30)
        backup = place.state.with_name("backup")
        shutil.copy(place.state, backup)
    with served_witness(*place.options()) as (process, url):
        assert post(url, log.request(old, new))[0] == 200
        process.terminate()
        process.wait(timeout=30)
    shutil.copy(backup, place.state)


def test_d10_a_witness_restored_from_an_old_state_does_not_serve(place):
    forgetful(place)
    error = refused_to_start(*place.options())

    assert "has seen 9 entries of log.example/log, the state of this witness only 5" in error
    assert "--log KEY,ADDRESS" in error


def test_d10_a_restored_witness_goes_on_once_the_log_proves_that_it_only_grew(place, tmp_path):
    forgetful(place)
    (tmp_path / "log").mkdir()
    options = place.options(log=f"{VKEY},{tmp_path / 'log'}")
    assert "gives no proof now" in refused_to_start(*options)
    LOG.write(tmp_path / "log", 9)
    with served_witness(*options) as (_, url):
        assert post(url, LOG.request(5, 12))[:1] + post(url, LOG.request(5, 12))[2:] == (
            409,
            b"9\n",
        )
        assert post(url, FORK.request(9, 12))[0] == 422
        assert post(url, LOG.request(9, 12))[0] == 200


def test_d10_a_restored_witness_does_not_serve_a_fork_of_what_it_cosigned(place, tmp_path):
    forgetful(place)
    FORK.write(tmp_path / "log", 9)
    error = refused_to_start(*place.options(log=f"{VKEY},{tmp_path / 'log'}"))

    assert "does not continue the 5 in the state" in error


def test_d10_a_witness_that_lost_its_whole_state_takes_its_own_copy(place):
    forgetful(place)
    place.state.unlink()
    with served_witness(*place.options()) as (_, url):
        assert post(url, LOG.request(0, 12))[2] == b"9\n"


def test_a_copy_that_somebody_changed_keeps_the_witness_from_serving(place):
    forgetful(place)
    copy = place.published / FOLDER / "checkpoint"
    copy.write_bytes(copy.read_bytes().replace(b"\n9\n", b"\n8\n"))

    assert "is not a checkpoint of log.example/log" in refused_to_start(*place.options())


def test_an_older_copy_is_brought_up_to_date(place):
    with served_witness(*place.options()) as (process, url):
        assert post(url, LOG.request(0, 5))[0] == 200
        copy = place.published / FOLDER / "checkpoint"
        older = copy.read_bytes()
        assert post(url, LOG.request(5, 9))[0] == 200
        newer = copy.read_bytes()
        process.terminate()
        process.wait(timeout=30)
    copy.write_bytes(older)
    with served_witness(*place.options()):
        assert copy.read_bytes() == newer


def test_d10_the_other_witnesses_remember_what_a_restored_one_forgot(place, tmp_path):
    peer = WitnessPlace(tmp_path / "peer")
    LOG.write(tmp_path / "log", 12)
    with served_witness(*place.options()) as (process, url):
        assert post(url, LOG.request(0, 5))[0] == 200
        process.terminate()
        process.wait(timeout=30)
    with served_witness(*peer.options()) as (_, peer_url):
        assert post(peer_url, LOG.request(0, 12))[0] == 200
        error = refused_to_start(*place.options(), "--peer", peer_url)
        assert "has seen 12 entries" in error
        options = place.options(log=f"{VKEY},{tmp_path / 'log'}")
        with served_witness(*options, "--peer", peer_url) as (_, url):
            assert post(url, LOG.request(5, 20))[2] == b"12\n"


def test_d10_a_peer_that_saw_a_fork_keeps_the_witness_from_serving_and_convicts_the_log(
    place, tmp_path
):
    peer = WitnessPlace(tmp_path / "peer")
    FORK.write(tmp_path / "log", 12)
    with served_witness(*place.options()) as (process, url):
        assert post(url, LOG.request(0, 5))[0] == 200
        process.terminate()
        process.wait(timeout=30)
    with served_witness(*peer.options()) as (_, peer_url):
        assert post(peer_url, FORK.request(0, 12))[0] == 200
        options = place.options(log=f"{VKEY},{tmp_path / 'log'}")
        assert "does not continue" in refused_to_start(*options, "--peer", peer_url)
    with served_witness(*place.options()) as (_, url):
        (tmp_path / "refused").write_bytes(ask(f"{url}/{FOLDER}/refused")[2])

    checked = evote("witness", "refused", tmp_path / "refused", "--key", VKEY)
    assert "PROVEN at 12 entries" in checked.stdout


def test_a_peer_that_is_away_is_only_a_warning(place):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with served_witness(*place.options(), "--peer", f"http://127.0.0.1:{port}") as (_, url):
        assert post(url, LOG.request(0, 5))[0] == 200
