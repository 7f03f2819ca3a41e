"""A process that has imported the program and forks a server whenever it is told to, so that a start costs a fraction of a second.

For `program`: one word a line on standard input (`start`, `wait`), one answer a line. Every server is a process of its own: the fork has
opened nothing, and has no loop and no thread, before it runs what `tresen signal` runs.
"""

import os
import sys

from mediaserver.logs import configure
from signalling.config import load
from signalling.node import Node
from signalling.process import Signals, run, serve


def child() -> None:
    """Serves until it is killed."""
    settings = load()
    configure("warning", "json")
    node = Node(settings)

    async def main() -> None:
        await serve(node, lambda: None, Signals())

    run(main())


def main() -> None:
    """Takes orders until its input ends; then the server that is left ends too."""
    pid = 0
    for line in sys.stdin:
        if line.strip() == "start":
            pid = os.fork()
            if pid == 0:
                try:
                    child()
                finally:
                    os._exit(1)
            print(pid, flush=True)
        elif pid:
            os.waitpid(pid, 0)
            pid = 0
            print("gone", flush=True)
    if pid:
        os.kill(pid, 9)


if __name__ == "__main__":
    main()
