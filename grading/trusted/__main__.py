"""The process that decides: it runs the instructor's set-up and test cells, never a student's code.

`python -m grading.trusted BYTES` may fill so much memory. It reads requests from its standard input
and answers on its standard output, one JSON object a line (`grading.judge.trusted_client` is the
other end). It serves one submission after another, each in a namespace of its own.
"""

import contextlib
import json
import os
import sys
import warnings

from grading.plan import Need, Step
from grading.trusted.session import Session

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]


def main(memory: int) -> None:
    """Serves until the standard input ends, that is, until the grader is gone.

    Args:
        memory: bytes that this process may fill, where the system holds it to that; 0: any.
    """
    if resource and memory:
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    sys.stdin = open(os.devnull)  # noqa: SIM115  (an `input` of a cell must not take a request)
    os.dup2(2, 1)  # a stray print of a library must not look like an answer
    sys.path.append(os.getcwd())
    warnings.simplefilter("ignore")

    def say(message: dict) -> None:
        answers.write(json.dumps(message).encode() + b"\n")
        answers.flush()

    def fresh(seed: int) -> Session:
        return Session(interrupt=lambda: say({"interrupt": True}), seed=seed)

    session = fresh(0)
    say({"ready": True})
    with contextlib.suppress(BrokenPipeError):
        for line in requests:
            request = json.loads(line)
            steps = [Step(**step) for step in request.pop("steps", [])]
            match request.pop("do"):
                case "begin":
                    session.close()
                    session = fresh(request["seed"])
                    say({"done": True})
                case "set_up":
                    say({"error": session.set_up(steps)})
                case "listen":
                    say({"address": session.listen(**request)})
                case "test":
                    need = Need(**request.pop("need"))
                    say({"verdict": session.test(need=need, steps=steps, **request).to_json()})
    session.close()


if __name__ == "__main__":
    main(int(sys.argv[1]))
    os._exit(0)  # the folder of a socket may be gone, and its end be no news to anyone
