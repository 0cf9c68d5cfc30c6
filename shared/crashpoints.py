"""Named places where a test may kill the process, to prove that nothing is lost there.

`COMPTOIR_CRASH_AT=outbox.after_commit:3` makes the third passage of that point end the process with SIGKILL. Without
the variable a point costs one comparison. `comptoir faults list` reads the names from the code.
"""

import os
import signal

_at, _, _count = os.environ.get("COMPTOIR_CRASH_AT", "").partition(":")
_left = int(_count or 1)


def crash_point(name: str) -> None:
    """Die here, if a test asked for it."""
    global _left
    if name != _at:
        return
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
