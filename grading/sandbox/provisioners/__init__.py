"""How a student's kernel is started, jupyter_client's way: without a sandbox, in one, or forked."""
