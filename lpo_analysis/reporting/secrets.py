"""Secrets are no parameters: papermill would store them in the notebook, and the report would show them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from lpo_analysis.errors import ParameterError

# What stands in braces or is starred out ({password}, <password>, ***) is a place for a secret and not one.
_FORMS = {
    "a private key": r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----",
    "an AWS access key": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a GitHub token": r"\b(?:gh[oprsu]_[A-Za-z0-9]{16,}|github_pat_\w{16,})",
    "a GitLab token": r"\bglpat-[\w-]{16,}",
    "a Slack token": r"\b(?:xox[a-z]|xapp-\d)-[A-Za-z0-9-]{8,}",
    "a Slack webhook": r"\bhooks\.slack\.com/services/T\w+/B\w+/\w+",
    # Only a run of letters and digits tells a key from words with dashes between them, such as sk-learn-pipeline-2024.
    "an API key": r"\bsk-(?:ant-[a-z]+\d+-[\w-]{8,}|proj-(?=[\w-]*\d)[\w-]{16,}|(?:\w+-)*(?=[A-Za-z]*\d)[A-Za-z0-9]{16,})",
    "a Stripe key": r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}",
    "a Google API key": r"\bAIza[\w-]{30,}",
    "a Hugging Face token": r"\bhf_[A-Za-z0-9]{30,}",
    "a package registry token": r"\b(?:pypi-AgE[\w-]{16,}|npm_[A-Za-z0-9]{36})",
    "a JSON web token": r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*",
    "an authorization header": r"(?i)\bbearer\s+(?=[a-z._~+/]*\d)[\w.~+/]{20,}|\bauthorization\s*[:=]\s*\w+\s+[\w.~+/=-]{8,}",
    "an address with a password": r"(?i)\b[a-z][a-z0-9+.-]*://[^\s/:@]*:(?![{<*])[^\s/@]+@[^\s/]",
    "a connection string with a password": r"(?i)(?:\b|_)(?:(?:password|passwd|pwd|accountkey|sharedaccesskey)=|;\s*(?:password|pwd)\s*=\s*)"
    r"(?![{<*/~])[^\s;&]{2,}",
    "a signed address": r"[?&](?:sig|X-Amz-Signature)=[A-Za-z0-9%+/=]{20,}",
}
_PATTERNS = {what: re.compile(pattern) for what, pattern in _FORMS.items()}

# Names are compared word by word, in the form _db_password_, so that a monkey is no key and a secretary no secret.
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_NAMED = re.compile(
    r"_(?:[a-z]*(?:password|passwd|passphrase|apikey|secretkey|privatekey|accesskey|accesstoken|authtoken|authkey)s?"
    r"|pass_(?:word|phrase)s?|passcodes?|pwd|credentials?|creds|clientsecret|apitoken"
    r"|(?:api|private|access|auth|secret|signing|encryption|ssh|subscription)_keys?"
    r"|(?:api|access|auth|refresh|bearer)_tokens"
    # Trade secrets are a subject of legal work, and language models have tokens of their own.
    r"|(?<!_trade_)(?<!_official_)(?<!_professional_)secrets?"
    r"|(?<!_n_)(?<!_num_)(?<!_max_)(?<!_min_)(?<!_per_)(?<!_pad_)(?<!_eos_)(?<!_bos_)(?<!_sep_)(?<!_unk_)(?<!_mask_)(?<!_cls_)"
    r"(?<!_stop_)(?<!_special_)(?<!_start_)(?<!_end_)token)(?=_)"
)
_ABOUT = re.compile(
    r"_(?:counts?|numbers?|max|min|limits?|length|size|budget|rate|costs?|price|types?|kind|polic(?:y|ies)|rules?|laws?|names?|env"
    r"|environment|var|variables?|files?|path|dir|folder|endpoint|header|fields?|columns?|labels?|format|index|position|strategy"
    r"|mode|required|enabled|expir(?:y|es)|ttl|age|lifetime|manager|store|scheme|method|level|share|sharing)_"
)
"""Words behind a secret word that make it something about a secret: token_count, password_policy."""
_PATH = re.compile(
    r"(?:~|\.{1,2}|[A-Za-z]:|[/\\][\w .-]+)(?:[/\\][\w .-]+)+|[\w./\\ -]+\.(?:json|toml|ya?ml|ini|cfg|env|txt|pem|key|p12)"
)


def check(parameters: Mapping[str, object]) -> None:
    """Refuse parameters that look like secrets.

    A name tells of text (``api_key``, ``dbPassword``, not ``max_tokens``), and the form of a value tells, however deep it lies in
    lists and mappings. A path to a secret is none, nor is the expression behind a default, such as ``os.environ["API_KEY"]``.

    Parameters
    ----------
    parameters : mapping of str to object
        Parameters by name.

    Raises
    ------
    ParameterError
        Naming each parameter that looks like a secret, never its value.
    """
    found = [f"{name} looks like a secret ({why})" for name, value in parameters.items() if (why := _why(name, value))]
    if found:
        raise ParameterError(
            "; ".join(found) + ". What is given as a parameter is stored in the notebook and shown in the report.",
            remedy="Put it into an environment variable, name that variable in the plan's `environment` list, "
            "and read it inside the notebook with os.environ.",
        )


def _why(name: str, whole: object) -> str:
    """Say what makes a parameter look like a secret; nothing if it does not."""
    for key, text in _texts(name, whole):
        form = next((what for what, pattern in _PATTERNS.items() if pattern.search(text)), None)
        if form is not None:
            return f"it has the form of {form}"
        if text.strip() and _named(key) and not _PATH.fullmatch(text.strip()):
            return "by its name" if key == name else "by a name inside it"
    return ""


def _texts(name: str, whole: object) -> Iterator[tuple[str, str]]:
    """Yield every text in a value, with the names that lead to it."""
    from lpo_analysis.reporting.inferred import Source

    rest = [(name, whole)]
    while rest:
        key, value = rest.pop()
        if isinstance(value, str) and not isinstance(value, Source):
            yield key, value
        elif isinstance(value, Mapping):
            rest += [(f"{key}.{inner}", item) for inner, item in value.items()]
            rest += [("", str(inner)) for inner in value]
        elif isinstance(value, list | tuple | set | frozenset):
            rest += [(key, item) for item in value]


def _named(name: str) -> bool:
    words = f"_{'_'.join(_WORD.findall(name)).casefold()}_"
    return any(not _ABOUT.search(words, found.end()) for found in _NAMED.finditer(words))
