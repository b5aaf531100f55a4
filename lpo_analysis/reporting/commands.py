"""IPython's own commands, which take a cell of one line away from a parameter of the same name."""

from __future__ import annotations

import ast

COMMANDS = frozenset(
    [
        "alias",
        "alias_magic",
        "autoawait",
        "autocall",
        "automagic",
        "autosave",
        "bookmark",
        "cat",
        "cd",
        "clear",
        "code_wrap",
        "colors",
        "conda",
        "config",
        "connect_info",
        "cp",
        "debug",
        "dhist",
        "dirs",
        "doctest_mode",
        "ed",
        "edit",
        "env",
        "gui",
        "hist",
        "history",
        "killbgscripts",
        "ldir",
        "less",
        "lf",
        "lk",
        "ll",
        "load",
        "load_ext",
        "loadpy",
        "logoff",
        "logon",
        "logstart",
        "logstate",
        "logstop",
        "ls",
        "lsmagic",
        "lx",
        "macro",
        "magic",
        "mamba",
        "man",
        "matplotlib",
        "micromamba",
        "mkdir",
        "more",
        "mv",
        "notebook",
        "page",
        "pastebin",
        "pdb",
        "pdef",
        "pdoc",
        "pfile",
        "pinfo",
        "pinfo2",
        "pip",
        "popd",
        "pprint",
        "precision",
        "prun",
        "psearch",
        "psource",
        "pushd",
        "pwd",
        "pycat",
        "pylab",
        "qtconsole",
        "quickref",
        "recall",
        "rehashx",
        "reload_ext",
        "rep",
        "rerun",
        "reset",
        "reset_selective",
        "rm",
        "rmdir",
        "run",
        "save",
        "sc",
        "set_env",
        "store",
        "subshell",
        "sx",
        "system",
        "tb",
        "time",
        "timeit",
        "unalias",
        "unload_ext",
        "uv",
        "who",
        "who_ls",
        "whos",
        "xdel",
        "xmode",
    ]
)
"""Line magics and aliases that a kernel starts with; a test holds them against those of a kernel."""


def taken(source: str, tree: ast.Module) -> str | None:
    """Say which annotated assignment IPython would take for one of its commands.

    Parameters
    ----------
    source : str
        A cell.
    tree : ast.Module
        The same, parsed.

    Returns
    -------
    str or None
        The name. IPython does so only where the cell has a single line, and never with a plain ``name = value``.
    """
    only = tree.body[0] if len(tree.body) == 1 else None
    if not isinstance(only, ast.AnnAssign) or not isinstance(only.target, ast.Name):
        return None
    single = len(source.strip().splitlines()) == 1
    return only.target.id if single and only.target.id in COMMANDS else None
