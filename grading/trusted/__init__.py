"""The process that runs test cells; no student's code enters it."""
