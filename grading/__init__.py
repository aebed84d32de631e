"""What `nbgrader autograde` runs and students never see: a folder for each process.

    coordinator   nbgrader's own process. It alone touches the course's files and the gradebook.
        | Job, Outcome: plain data, in this process or over dask's connections
    judge         a thread, or a worker of dask, for each notebook that is being run
        | requests and Verdicts: JSON lines over two pipes
        |     trusted    the process that runs the instructor's test cells
        |         | wire: numbers and plain data over a unix socket, checked on arrival
        |     student    what answers those tests, inside the student's kernel
        | Jupyter's messages, capped in size
    a student's kernel, started by `sandbox` in bubblewrap

Believed are coordinator, judge and trusted. What comes out of a student's kernel is a student's
word: outputs are made anew from plain text and pictures, and a value counts as what was returned
for inputs that the student couldn't know. No code of a student's runs outside of a kernel.

`feedback` makes the page that a student gets back, `plugins` hangs on nbgrader's other commands.
Nothing in here holds an answer: a student's kernel can read this package.
"""

from grading.course import use
from grading.moved import keep_old_paths

__all__ = ["use"]

keep_old_paths()
