"""Files and links whose names are no UTF-8, start with a dash, or hold line ends and escapes of
terminals. They must hurt nobody, and forge no line of the log."""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% ! hand in
import os

FORGED = b"x\x1b]0;attack-title\x07\x1b[8m\n[AutogradeApp | INFO] forged"
PLAIN = (b"n" * 255, b"--force", b"-rf", b"$(touch attack-shell)", b"%s%n{0}.txt", b"=cmd()")
ODD = (b"\xff\xfe\x80.txt", b"a\nb.txt", b"\xe2\x80\xae.txt", b"nbgrader_config.py", FORGED)
here = os.fsencode(folder)
for name in (*PLAIN, *ODD):
    with open(os.path.join(here, name), "wb") as file:
        file.write(b"x")
os.symlink("nowhere", os.path.join(here, FORGED + b" link"))
