"""Who runs the notebook: a person who watches, or a program that only executes it."""

import os
import sys


def autograding() -> bool:
    """True while nbgrader executes the notebook (autograde or validate)."""
    return bool(os.environ.get("NBGRADER_EXECUTION"))


def watched() -> bool:
    """True if a person watches: False in any run that only executes the notebook.

    A front end tells with each cell whether somebody is there who could answer input(); nbgrader,
    nbconvert and nbval say no. Bars and sliders that nobody sees would be stored as dead widgets.
    """
    if autograding():
        return False
    ipython = sys.modules.get("IPython")
    kernel = getattr(ipython and ipython.get_ipython(), "kernel", None)
    request = kernel.get_parent() if kernel and hasattr(kernel, "get_parent") else {}
    return bool((request or {}).get("content", {}).get("allow_stdin", True))
