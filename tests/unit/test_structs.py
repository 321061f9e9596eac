from __future__ import annotations

import subprocess
import sys

READ = """
import threading
from harness import structs, target
if {first}: structs.describe()
start = threading.Barrier(8)
def read():
    start.wait()
    target.load("sandbox")
threads = [threading.Thread(target=read) for _ in range(8)]
for one in threads: one.start()
for one in threads: one.join()
"""


def test_many_threads_read_a_profile_at_once_after_its_types_were_described() -> None:
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", READ.format(first=True)], capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
