"""From parameters to notebook to report: plans, runs, pages, index and provenance.

No domain is imported here: a notebook names its parameter model in its metadata, so that a researcher's own notebook is
treated like those of the kit.
"""
