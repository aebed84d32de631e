"""nbgrader's own process: it reads submissions, hands notebooks out and writes the gradebook."""
