"""What `nbgrader autograde` runs: the sandbox, the judge and the feedback; students never see it.

Nothing in here holds an answer: the student's kernel can read this package.
"""
