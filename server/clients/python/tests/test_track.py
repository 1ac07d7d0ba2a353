"""Tracked usage is counted once, whatever happens to Dues and to the process."""

import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest
from conftest import COUNTER, Proxy, Server, free_port, until

from dues import Dues, DuesUnavailableError, LostEvents

PRODUCT = Path(__file__).parent / "product.py"


@pytest.fixture
def lost() -> Iterator[list[LostEvents]]:
    lost: list[LostEvents] = []
    yield lost
    assert lost == []


def used(server: Server) -> int:
    return Dues(server.url, server.key("pro")).check(COUNTER)["used"]


def codes(lost: list[LostEvents]) -> list[tuple[str, int]]:
    found = [(one.code, len(one.events)) for one in lost]
    lost.clear()
    return found


def test_events_are_counted_once_while_dues_is_killed_cut_off_slowed_and_restarted(
    server: Server, proxy: Proxy, lost: list[LostEvents]
) -> None:
    before = used(server)
    small = {"batch_size": 50, "flush_interval": 0.005, "timeout": 1.0, "attempt_timeout": 0.25}
    dues = Dues(proxy.url, server.key("pro"), on_lost=lost.append, **small)
    tracked = 0
    lock = threading.Lock()

    def mode(mode: str) -> None:
        proxy.mode = mode

    troubles = [
        server.kill,
        lambda: mode("cut"),
        server.start,
        lambda: mode("hold"),
        lambda: mode("cut"),
        lambda: mode("pass"),
        lambda: server.kill(signal.SIGTERM),
        server.start,
    ]
    for trouble in troubles:
        goes_on = threading.Event()

        def work(stop: threading.Event) -> None:
            nonlocal tracked
            while not stop.wait(0.005):
                with lock:
                    for _ in range(20):
                        dues.track(COUNTER, 2)
                    tracked += 20

        goal = tracked + 400
        workers = [threading.Thread(target=work, args=(goes_on,)) for _ in range(2)]
        for worker in workers:
            worker.start()
        until(lambda: tracked >= goal)
        trouble()
        goes_on.set()
        for worker in workers:
            worker.join()
    proxy.mode = "pass"

    def flushed() -> bool:
        dues.flush()
        return True

    until(flushed)
    assert dues.buffered == 0
    assert used(server) == before + 2 * tracked
    dues.close()


def test_an_event_that_is_tracked_again_under_its_id_counts_once(server: Server) -> None:
    before = used(server)
    with Dues(server.url, server.key("pro")) as dues:
        for _ in range(3):
            dues.track(COUNTER, id="order-8", at=datetime.now(timezone.utc))
        dues.flush()
        dues.track(COUNTER, id="order-8")
    assert used(server) == before + 1


def test_what_dues_rejects_and_what_finds_no_room_is_handed_over(server: Server, lost: list[LostEvents]) -> None:
    before = used(server)
    options = {"max_buffered": 3, "on_lost": lost.append, "flush_interval": 60.0}
    dues = Dues(server.url, server.key("pro"), **options)
    dues.track("tea")
    dues.track(COUNTER)
    dues.flush()
    assert codes(lost) == [("unknown_feature", 1)]
    dues.track("tea")
    dues.flush()
    assert codes(lost) == [("unknown_feature", 1)]
    ids = [dues.track(COUNTER) for _ in range(4)]
    assert lost[0].events[0]["id"] == ids[3]
    assert codes(lost) == [("buffer_full", 1)]
    dues.close()
    assert used(server) == before + 4
    dues.track(COUNTER)
    assert codes(lost) == [("closed", 1)]
    with pytest.raises(ValueError):
        dues.track(COUNTER, 0)


def test_a_key_that_is_refused_hands_the_events_over(server: Server, lost: list[LostEvents]) -> None:
    dues = Dues(server.url, "dues_none_none", on_lost=lost.append)
    dues.track(COUNTER)
    dues.flush()
    assert codes(lost) == [("unauthenticated", 1)]


def test_while_dues_is_away_events_wait_and_at_the_end_they_are_handed_over(lost: list[LostEvents]) -> None:
    away = f"http://127.0.0.1:{free_port()}"
    dues = Dues(away, "dues_a_b", on_lost=lost.append, flush_interval=60.0, timeout=0.1)
    dues.track(COUNTER)
    with pytest.raises(DuesUnavailableError):
        dues.flush()
    assert dues.buffered == 1
    dues.close(0.2)
    assert codes(lost) == [("dues_unavailable", 1)]


@pytest.mark.parametrize("how", ["return", "exit", "async", "fork", "multiprocessing"])
def test_a_process_that_ends_sends_what_waits(how: str, server: Server) -> None:
    before = used(server)
    # Newer versions of Python warn of a fork beside a thread.
    python = [sys.executable, "-W", "ignore::DeprecationWarning"]
    command = [*python, str(PRODUCT), server.url, server.key("pro"), how]
    product = subprocess.run(command, capture_output=True, timeout=30)
    assert (product.returncode, product.stdout, product.stderr) == (3 if how == "exit" else 0, b"", b"")
    assert used(server) == before + (2_510 if how in ("fork", "multiprocessing") else 2_500)


def test_a_process_that_ends_without_dues_says_what_it_could_not_send() -> None:
    away = f"http://127.0.0.1:{free_port()}"
    product = subprocess.run([sys.executable, str(PRODUCT), away, "dues_a_b", "return"], capture_output=True)
    assert product.stdout == b"lost 2500 dues_unavailable\n"


def test_a_process_that_is_interrupted_while_it_ends_says_what_it_could_not_send() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        product = subprocess.Popen(
            [sys.executable, str(PRODUCT), url, "dues_a_b", "interrupted"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        # Fewer events than a batch are sent at the end only.
        silent.settimeout(30)
        connection, _ = silent.accept()
        with connection:
            product.send_signal(signal.SIGINT)
            assert product.communicate(timeout=30)[0] == b"lost 500 dues_unavailable\n"
