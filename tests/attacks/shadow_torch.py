"""Has files called torch.py, numpy.py, random.py and json.py, some of which end the process.

Nothing must import them.
"""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% ! hand in
for name in ("torch", "numpy", "random", "json", "typing", "zmq", "IPython"):
    (folder / f"{name}.py").write_text("import os\nos._exit(1)\n")
