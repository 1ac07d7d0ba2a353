"""Builds the package, installs the wheel beside the tests, and starts `server demo` behind a proxy."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[3]
BINARY = os.environ.get("DUES_SERVER", str(ROOT / "target/debug/server"))
COUNTER = "telemetry_events_monthly"
GAUGE = "websocket_rooms"


def pytest_configure() -> None:
    folder = Path(tempfile.mkdtemp(prefix="dues-package-"))
    pytest.package_folder = folder  # type: ignore[attr-defined]
    run = [sys.executable, "-m"]
    build = [*run, "build", "--no-isolation", "--outdir", str(folder), str(HERE.parent)]
    subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
    wheel = next(folder.glob("*.whl"))
    install = [*run, "pip", "install", "--quiet", "--no-deps", "--target", str(folder / "site"), str(wheel)]
    subprocess.run(install, check=True)
    sys.path.insert(0, str(folder / "site"))
    # For the processes that tests start.
    os.environ["PYTHONPATH"] = str(folder / "site")


def pytest_unconfigure() -> None:
    shutil.rmtree(pytest.package_folder, ignore_errors=True)  # type: ignore[attr-defined]


def until(condition: Callable[[], Any], within: float = 15.0) -> None:
    """Waits until `condition` returns true. An error counts as false."""
    deadline = time.monotonic() + within
    while True:
        try:
            if condition():
                return
            failure = TimeoutError(f"not within {within} s")
        except Exception as error:
            failure = error
        if time.monotonic() > deadline:
            raise failure
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Server:
    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="dues-client-"))
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        env = {name: os.environ.get(name, "") for name in ("PATH", "HOME")}
        env |= {"LISTEN": f"127.0.0.1:{self.port}", "SANDBOX_LISTEN": f"127.0.0.1:{free_port()}"}
        out = subprocess.DEVNULL
        self.process = subprocess.Popen([BINARY, "demo", "--data", str(self.folder)], env=env, stdout=out, stderr=out)
        until(self.is_ready, 60)

    def is_ready(self) -> bool:
        assert self.process.poll() is None, f"server demo ended with {self.process.returncode}"
        self.demo = json.loads((self.folder / "demo.json").read_text())
        with urllib.request.urlopen(f"{self.url}/readyz") as answer:
            return bool(answer.status == 200)

    def kill(self, with_signal: signal.Signals = signal.SIGKILL) -> None:
        self.process.send_signal(with_signal)
        self.process.wait(15)

    def stop(self) -> None:
        self.kill(signal.SIGTERM)
        shutil.rmtree(self.folder)

    def key(self, plan: str) -> str:
        """The key with `usage` of the first workspace on `plan`."""
        return str(next(one["api_keys"]["usage"] for one in self.demo["tenants"] if one["plan"] == plan))


class Proxy:
    """Forwards connections. `mode`: `pass`; `hold` drops answers; `cut` closes the connection when an answer comes."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.mode = "pass"
        self.cuts = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.port))
            except OSError:
                client.close()
                continue
            for source, target, is_answer in ((client, server, False), (server, client, True)):
                threading.Thread(target=self.forward, args=(source, target, is_answer), daemon=True).start()

    def forward(self, source: socket.socket, target: socket.socket, is_answer: bool) -> None:
        try:
            while data := source.recv(65536):
                if is_answer and self.mode == "cut":
                    self.cuts += 1
                    break
                if not is_answer or self.mode == "pass":
                    target.sendall(data)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    proxy = Proxy(server.port)
    yield proxy
    proxy.listener.close()
