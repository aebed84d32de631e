"""Cells that take the compiler down: brackets nested 10,000 deep, a power of powers, a sum of
100,000 terms.

The other cells must run.
"""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% + after setup
for text in ("(" * 10_000 + ")" * 10_000, "+".join(["1"] * 100_000), "-" * 100_000 + "1"):
    try:
        eval(text)
    except BaseException as error:
        print(type(error))
