"""From YAML to a compiled application: 300 entities of 15 fields, time and memory."""

import json
import subprocess
import sys
from pathlib import Path
from statistics import median

from tests.bench.generate import generate
from tests.bench.timing import Figure

_SCRIPT = """
import gc, json, resource, sys, time
from pathlib import Path
import core.app
from core.config import AppConfig
from core.app import read_definitions
from core.compiler import compile_application
def used():
    with open('/proc/self/statm') as f:
        return int(f.read().split()[1]) * resource.getpagesize() / 1e6
folder = Path(sys.argv[1])
config = AppConfig(home=folder, database_url='sqlite://', secret_key='k' * 48,
                   modules_paths=(folder,))
gc.collect()
before, begin = used(), time.perf_counter()
read = read_definitions(config)
assert not read.diagnostics.has_errors, read.diagnostics.sorted()[:3]
compiled = compile_application(read.registry, read.catalog, 'sqlite')
spent = time.perf_counter() - begin
gc.collect()
print(json.dumps({'s': spent, 'mb': used() - before, 'n': len(compiled.ids())}))
"""


def building(folder: Path) -> list[Figure]:
    """Build in fresh processes, since imports and caches would flatter later runs."""
    generate(folder, 300)
    runs = []
    for _ in range(5):
        done = subprocess.run(
            [sys.executable, "-c", _SCRIPT, str(folder)],
            check=True,
            capture_output=True,
            text=True,
        )
        runs.append(json.loads(done.stdout))
    assert all(run["n"] >= 300 for run in runs)
    return [
        Figure("build 300 entities", median(r["s"] for r in runs), "s", 1.0),
        Figure("memory of 300 entities", median(r["mb"] for r in runs), "MB", 60),
    ]
