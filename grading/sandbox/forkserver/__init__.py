"""A warm process in the sandbox, of which students' kernels are forks."""
