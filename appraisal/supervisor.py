"""Keeps the served processes and one worker going side by side: `python -m appraisal.supervisor SERVE… -- WORKER…`.

The first command decides: when it ends, all ends. The second is started anew when it dies, later each time. Nothing but the
standard library is loaded, because this process lives as long as the site does.
"""

import signal
import subprocess
import sys
import time
from types import FrameType

FIRST_WAIT, LONGEST_WAIT, STEADY = 1.0, 60.0, 300.0
"""Seconds before a worker that died is started anew, at most, and after which it counts as steady again."""


class _Told(Exception):
    """The system asked this process to end."""


def main(arguments: list[str]) -> int:
    """Runs both commands and returns the first one's exit code."""
    cut = arguments.index("--")
    signal.signal(signal.SIGTERM, _ask_to_end)
    signal.signal(signal.SIGINT, _ask_to_end)
    served = subprocess.Popen(arguments[:cut])
    worker = subprocess.Popen(arguments[cut + 1 :])
    started, wait, again_at = time.monotonic(), FIRST_WAIT, 0.0
    try:
        while served.poll() is None:
            if worker.poll() is not None:
                now = time.monotonic()
                if not again_at:
                    wait = FIRST_WAIT if now - started > STEADY else wait
                    again_at = now + wait
                    print(f"the worker ended ({worker.returncode}); again in {wait:g} s", file=sys.stderr, flush=True)
                elif now >= again_at:
                    worker = subprocess.Popen(arguments[cut + 1 :])
                    started, wait, again_at = now, min(2 * wait, LONGEST_WAIT), 0.0
            time.sleep(0.2)
    except _Told:
        pass
    for one in (served, worker):
        one.terminate()
    for one in (served, worker):
        _end(one)
    return max(served.returncode, 0)


def _ask_to_end(number: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise _Told


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
