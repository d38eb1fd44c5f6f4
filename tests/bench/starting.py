"""`serve` as a user starts it: time to the first answer and memory of the worker."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from tests.bench.timing import Figure

ROOT = Path(__file__).parents[2]
_PATHS = ("/api/v1/openapi.json", "/healthz", "/login/")


def starting(home: Path) -> list[Figure]:
    """Start the server five times on a database that is ready."""
    environment = {
        **os.environ,
        "INTARSIA_HOME": str(home),
        "INTARSIA_ADMIN_PASSWORD": "bench-password-1",
    }
    # As a user has it: files are compiled at the first start only.
    for name in ("DATABASE_URL", "PYTHONDONTWRITEBYTECODE"):
        environment.pop(name, None)
    call = [sys.executable, str(ROOT / "cli.py")]
    subprocess.run([*call, "init"], env=environment, check=True, capture_output=True)
    seconds, megabytes, bare = [], [], []
    for _ in range(5):
        spent, memory = _once(call, environment)
        seconds.append(spent)
        megabytes.append(memory)
        bare.append(_bare_imports(environment))
    ratio = median(seconds) / median(bare)
    return [
        Figure("serve answers after", median(seconds), "s", 1.0, ratio),
        Figure("memory of a worker in use", median(megabytes), "MB", 120),
    ]


def _bare_imports(environment: dict[str, str]) -> float:
    """A process that only imports what every such server needs: the baseline."""
    begin = time.perf_counter()
    call = [
        sys.executable,
        "-c",
        "import sqlalchemy, flask, click, yaml, gunicorn.app.base",
    ]
    subprocess.run(call, env=environment, check=True)
    return time.perf_counter() - begin


def _once(call: list[str], environment: dict[str, str]) -> tuple[float, float]:
    port = _free_port()
    begin = time.perf_counter()
    process = subprocess.Popen(
        [*call, "serve", "--port", str(port)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait(f"{address}/login/", process)
        spent = time.perf_counter() - begin
        _use(address)
        return spent, _memory(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _use(address: str) -> None:
    """Sign in and read lists, so that lazily loaded parts are in memory."""
    import json

    body = json.dumps({"username": "admin", "password": "bench-password-1"}).encode()
    request = urllib.request.Request(
        f"{address}/api/v1/auth/login",
        body,
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        token = json.load(answer)["access_token"]
    for path in ("base/party", "crm/opportunity", "crm/lead", "openapi.json"):
        asked = urllib.request.Request(
            f"{address}/api/v1/{path}", headers={"Authorization": f"Bearer {token}"}
        )
        with urllib.request.urlopen(asked) as answer:
            answer.read()


def _wait(url: str, process: "subprocess.Popen[Any]") -> None:
    end = time.perf_counter() + 30
    while time.perf_counter() < end:
        if process.poll() is not None:
            raise RuntimeError(f"serve ended with {process.returncode}")
        try:
            with urllib.request.urlopen(url) as answer:
                answer.read()
                return
        except OSError:
            time.sleep(0.005)
    raise RuntimeError("serve does not answer")


def _memory(pid: int) -> float:
    """Private memory of the worker, the child that answers, in MB."""
    parent = psutil.Process(pid)
    workers = parent.children(recursive=True) or [parent]
    return max(worker.memory_full_info().rss for worker in workers) / 1e6


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
