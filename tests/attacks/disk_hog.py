"""Writes 300 MB (and no more) into its folder and as many into /tmp.

No disk must be filled, no file be left.
"""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% + after setup
for name in ("attack-big.bin", "/tmp/attack-big.bin"):
    try:
        with open(name, "wb") as file:
            for _ in range(300):
                file.write(bytes(1 << 20))
    except OSError as error:
        print(error)
