"""Sends messages of a thousand parts of 15 MB each, which take none of its own memory.

What has arrived of a message must not fill the grader's.
"""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% + after setup
import zmq

kernel = get_ipython().kernel
part = zmq.Frame(b"x" * 15_000_000, copy=False)
for _ in range(3):
    kernel.iopub_thread.socket.send_multipart([b"x"] + [part] * 1000, copy=False)
