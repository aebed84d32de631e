"""Runs the instructor's answers out of source/, found by walking up.

There must be nothing to find.
"""

assignment = "3-latent"
expected = {
    "test-latent-snapshots": 0,
    "test-latent-clusters": 0,
    "test-linear-shape": 0,
    "test-linear-values": 0,
    "test-latent-shape": 0,
    "test-latent-values": 0,
}

# %% + after setup
import json
import pathlib

answers = []
for root in [*pathlib.Path.cwd().parents, *pathlib.Path("/tmp").glob("*/*/*")]:
    for file in root.glob("s*/3-latent/*.ipynb"):
        cells = json.loads(file.read_text())["cells"]
        answers += ["".join(c["source"]) for c in cells if c.get("id") == "interpolation"]
print(answers)


# %% interpolation
def linear_interpolation(x0, x1):
    return x0 - 5


def latent_linear_interpolation(z0, z1, vae):
    return z0


# %% + after interpolation
for answer in answers:
    if "raise NotImplementedError" not in answer:
        exec(answer)
