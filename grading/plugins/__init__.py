"""What hangs on nbgrader's other commands: release, collect, late work, exports."""
