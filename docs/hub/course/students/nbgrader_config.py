"""How *Validate* runs and tells on the hub: SETTINGS/students/nbgrader_config.py."""

from nbgrader.utils import compute_checksum

from helpers.validating import ShortErrors

c = get_config()  # noqa: F821  (given by nbgrader)

# Seconds on the clock for a cell. nbgrader's own 30 are too few for a training on a machine that
# has other things to do, too.
c.Execute.timeout = 300
# Its dialog names a failed test in place of printing it, and calls a time-out a time-out.
c.Execute.on_cell_error = ShortErrors(c.Execute.timeout, compute_checksum)
