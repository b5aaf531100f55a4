"""Benchmarks of the kit against plain papermill and an empty Typer application; see README.md beside this file."""
