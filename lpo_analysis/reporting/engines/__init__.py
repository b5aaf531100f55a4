"""Papermill engines that fork notebooks from a warm server instead of starting an interpreter for each.

``client`` finds and starts servers and launches children; ``server`` is the process that forks; ``child`` and ``shell`` run in
the fork; ``wire`` is what they say to each other. ``entry`` holds the engines that papermill knows, ``direct`` and ``warm`` what
they do, ``provisioner`` the kernel launcher that Jupyter knows. Nothing here knows what a report is.
"""
