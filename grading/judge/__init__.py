"""A thread, or a worker of dask: one notebook is run and judged."""
