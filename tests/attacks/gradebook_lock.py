"""A detached child locks the gradebook for 40 seconds. The gradebook must be out of reach."""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% + after setup
import subprocess
import sys

code = """
import glob, sqlite3, time
for file in glob.glob("../../../gradebook.db"):
    book = sqlite3.connect(file)
    book.execute("BEGIN EXCLUSIVE")
    time.sleep(40)
"""
subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
