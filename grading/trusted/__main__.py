"""The process that decides: it runs the instructor's set-up and test cells, never a student's code.

`python -m grading.trusted` reads requests from its standard input and answers on its standard
output, one JSON object a line (`grading.judge.trusted_client` is the other end). It serves one
submission after another, each in a namespace of its own.
"""

import contextlib
import json
import os
import sys
import warnings

from grading.trusted.session import Session


def main() -> None:
    """Serves until the standard input ends, that is, until the grader is gone."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a stray print of a library must not look like an answer
    sys.path.append(os.getcwd())
    warnings.simplefilter("ignore")

    def say(message: dict) -> None:
        answers.write(json.dumps(message).encode() + b"\n")
        answers.flush()

    def fresh() -> Session:
        return Session(interrupt=lambda: say({"interrupt": True}))

    session = fresh()
    say({"ready": True})
    with contextlib.suppress(BrokenPipeError):
        for line in sys.stdin.buffer:
            request = json.loads(line)
            match request.pop("do"):
                case "begin":
                    session.close()
                    session = fresh()
                    say({"done": True})
                case "set_up":
                    say({"error": session.set_up(**request)})
                case "listen":
                    say({"address": session.listen(**request)})
                case "test":
                    say({"verdict": session.test(**request).to_json()})
    session.close()


if __name__ == "__main__":
    main()
