"""What looks like a secret is refused before papermill could store it, and is never repeated; the rest passes."""

from __future__ import annotations

import base64
import hashlib
import random
import string

import pytest

from lpo_analysis.errors import ParameterError
from lpo_analysis.reporting import library
from lpo_analysis.reporting.inferred import infer
from lpo_analysis.reporting.secrets import check

LETTERS = string.ascii_letters + string.digits
FREE = random.Random(1)


def some(length, letters=LETTERS):
    return "".join(FREE.choices(letters, k=length - 1)) + "7"


def jwt():
    parts = [
        base64.urlsafe_b64encode(text.encode()).decode().rstrip("=") for text in ('{"alg":"HS256"}', '{"sub":"1234"}')
    ]
    return ".".join([*parts, some(43)])


# Put together here, so that no scanner takes this file for a leak.
SECRETS = {
    "RSA key": f"-----BEGIN RSA {'PRIVATE'} KEY-----\nMIIE{some(64)}\n-----END RSA {'PRIVATE'} KEY-----",
    "PKCS8 key": f"-----BEGIN {'PRIVATE'} KEY-----\n{some(64)}",
    "OpenSSH key": f"-----BEGIN OPENSSH {'PRIVATE'} KEY-----\n{some(64)}",
    "encrypted key": f"-----BEGIN ENCRYPTED {'PRIVATE'} KEY-----\n{some(64)}",
    "PGP key": f"-----BEGIN PGP {'PRIVATE'} KEY BLOCK-----\n{some(64)}",
    "AWS key": "AKIA" + some(16, string.ascii_uppercase),
    "AWS session key": "ASIA" + some(16, string.ascii_uppercase),
    "GitHub": "ghp_" + some(36),
    "GitHub OAuth": "gho_" + some(36),
    "GitHub fine-grained": f"github_pat_{some(22)}_{some(59)}",
    "GitLab": "glpat-" + some(20),
    "Slack bot": f"xoxb-{some(12, string.digits)}-{some(24)}",
    "Slack user": f"xoxp-{some(12, string.digits)}-{some(24)}",
    "Slack webhook": f"https://hooks.slack.com/services/T{some(8)}/B{some(8)}/{some(24)}",
    "OpenAI": "sk-" + some(48),
    "OpenAI project": f"sk-proj-{some(30)}-{some(30)}_{some(20)}",
    "Anthropic": f"sk-ant-api03-{some(40)}-{some(40)}_AA",
    "OpenRouter": "sk-or-v1-" + some(64, "0123456789abcdef"),
    "Stripe": "sk_live_" + some(24),
    "Google": "AIza" + some(35),
    "Hugging Face": "hf_" + some(34),
    "PyPI": "pypi-AgEIcHlwaS5vcmc" + some(60),
    "JWT": jwt(),
    "header": f"Authorization: Bearer {some(40)}",
    "basic header": f"Authorization: Basic {some(24)}==",
    "address": f"https://me:{some(8)}@example.org/x",
    "database": f"postgresql+psycopg2://user:{some(8)}@db.example.org:5432/cases",
    "database without user": f"redis://:{some(12)}@localhost:6379/0",
    "connection string": f"Server=db;Database=cases;User Id=me;Password={some(12)};",
    "connection string in capitals": f"DRIVER={{ODBC}};UID=me;PWD={some(12)}",
    "spaced connection string": f"Data Source=db; Password = {some(12)}",
    "storage": f"DefaultEndpointsProtocol=https;AccountName=x;AccountKey={some(86)}==",
    "query": f"https://example.org/x?user=me&password={some(12)}",
    "signed address": f"https://x.blob.example.net/y?sv=2024&sig={some(43)}%3D",
}

HARMLESS = {
    "empty": "",
    "relative path": "data/evidence/observations.csv",
    "absolute path": "/srv/keys/project-2024/token_counts.csv",
    "Windows path": r"C:\Users\me\passwords.txt",
    "SHA-256": hashlib.sha256(b"x").hexdigest(),
    "SHA-1": hashlib.sha1(b"x").hexdigest(),
    "MD5": hashlib.md5(b"x").hexdigest(),
    "SRI": "sha256-" + base64.b64encode(hashlib.sha256(b"x").digest()).decode(),
    "UUID": "123e4567-e89b-12d3-a456-426614174000",
    "date": "2024-01-31",
    "time": "2024-01-31T12:00:00+01:00",
    "address": "https://example.org/a/b?year=2024&task=review#top",
    "address with port": "http://localhost:8888/lab/tree/@me",
    "address with user": "ssh://git@github.com/me/project.git",
    "git": "git@github.com:me/project.git",
    "mail": "mailto:someone@example.org",
    "DOI": "https://doi.org/10.1000/xyz123",
    "certificate": "-----BEGIN CERTIFICATE-----\nMIIB",
    "public key": "-----BEGIN PUBLIC KEY-----\nMIIB",
    "prose on secrets": "Trade secrets, passwords and client credentials must stay confidential: the token effort does not.",
    "prose on bearers": "A bearer instrument entitles its bearer to payment, as in the 2019-2020-series of basic notes.",
    "prose": "Does the provider keep attorney-client privilege? See Rule 1.6(c), and ABA Formal Opinion 08-451 (2008).",
    "rule": "password length >= 12; password: never shared",
    "task": "task-management-of-document-review-projects-2024",
    "package": "sk-learn-based-classification-pipeline-2024",
    "slug": "risk-assessment_of_outsourced_legal_work_20240131",
    "template": "postgresql://user:{password}@db/cases",
    "starred": "postgresql://user:***@db/cases",
    "template string": "Server=db;Password={password};",
    "working folder": "OLDPWD=/home/me PWD=/home/me",
    "hexadecimal": "0xDEADBEEF" * 8,
    "model": "claude-sonnet-4-20250514",
    "Slovak": "sk-SK",
    "number": "1234567890123456",
    "code": "US-NC",
    "expression": "lambda token: token.lower()",
}


def refusal(**parameters):
    with pytest.raises(ParameterError) as caught:
        check(parameters)
    return str(caught.value)


@pytest.mark.parametrize("kind", SECRETS)
@pytest.mark.parametrize("wrap", [
    lambda x: x, lambda x: f"see {x} here", lambda x: [1, x], lambda x: {"a": {"b": [None, {"c": x}]}}, lambda x: ({x: 1},), lambda x: {x},
], ids=["bare", "in prose", "in a list", "deep", "as a key", "in a set"])  # fmt: skip
def test_a_secret_is_known_by_its_form_however_deep_and_never_repeated(kind, wrap):
    secret = SECRETS[kind]
    said = refusal(first=1, where_from=wrap(secret), last="x")
    assert said.startswith("where_from looks like a secret (it has the form of ")
    assert "environment" in said
    assert "first" not in said
    pieces = [secret[n : n + 8] for n in range(len(secret) - 8) if any(c.isdigit() for c in secret[n : n + 8])]
    assert not [piece for piece in pieces if piece in said]


@pytest.mark.parametrize("kind", HARMLESS)
def test_what_is_no_secret_passes(kind):
    check({"note": HARMLESS[kind], "notes": [HARMLESS[kind], {"a": HARMLESS[kind]}], HARMLESS[kind]: 1})


@pytest.mark.parametrize(
    "name",
    [
        "password", "Password", "PASSWORD", "passwords", "db_password", "dbPassword", "DBPassword", "dbpassword", "password_prod", "password1",
        "passwd", "user_passwd", "passphrase", "pass_phrase", "passcode", "pwd", "db_pwd", "secret", "client_secret", "clientSecret", "secrets",
        "secret_key", "token", "github_token", "githubToken", "token_github", "access_token", "access_tokens", "accesstoken", "api_tokens",
        "refreshToken", "credential", "credentials", "awsCredentials", "creds", "api_key", "apikey", "apiKey", "APIKey", "API_KEY", "api_keys",
        "OPENAI_API_KEY", "api_key_openai", "private_key", "privateKey", "access_key", "aws_access_key_id", "auth_key", "signing_key",
        "max_password", "file_password", "env_token", "token_count_password",
    ],
)  # fmt: skip
def test_a_name_tells_of_text(name):
    said = refusal(**{name: "hunter2", "task": "review"})
    assert said.startswith(f"{name} looks like a secret (by its name)")
    assert "hunter2" not in said
    assert refusal(**{name: ["hunter2"]}).startswith(name)
    assert refusal(options={"a": [{name: "hunter2"}]}).startswith("options looks like a secret (by a name inside it)")
    for value in ("", "  ", 5, 0.5, True, None, [], {}, [5]):
        check({name: value})
    check(dict.fromkeys([name], "~/.keys/mine.pem"))


@pytest.mark.parametrize(
    "name",
    [
        "max_tokens", "maxTokens", "n_tokens", "num_tokens", "token_count", "tokenCount", "tokens", "token_limit", "tokens_per_page",
        "tokenizer", "tokenization", "stop_token", "eos_token", "pad_token", "keyword", "keywords", "key", "keys", "sort_key", "primary_key",
        "public_key", "monkey", "turkey", "donkey", "key_dates", "secretary", "secretariat", "secrecy", "professional_secrecy", "trade_secret",
        "trade_secrets", "passport", "passage", "passing_rate", "compass", "bypass", "password_policy", "password_length", "min_password_length",
        "passwords_file", "secret_name", "token_path", "token_type", "credential_type", "api_key_variable", "api_key_env", "api_key_name",
        "author", "authority", "authorities", "access", "accession", "private", "credit", "incredible", "task", "buyer", "jurisdictions", "",
    ],
)  # fmt: skip
def test_a_name_that_only_sounds_like_it_passes(name):
    check({name: "some text"})
    check({"options": {name: "some text"}})


def test_what_lies_under_a_name_counts_as_named():
    assert refusal(api_keys={"openai": "hunter2"}).startswith("api_keys looks like")
    check({"credentials": {"path": "creds", "type": "jwt"}})


@pytest.mark.parametrize(
    "path",
    ["/run/secrets/db", "~/.aws/config", "./x/y", "../x", "creds.json", "keys/id.pem", r"C:\keys\id", "a/b.toml"],
)
def test_where_a_secret_lies_is_none(path):
    check({"credentials": path, "private_key": path})


def test_all_are_named_at_once():
    said = refusal(api_key="hunter2", task="x", note=SECRETS["GitHub"])
    assert said.startswith(
        "api_key looks like a secret (by its name); note looks like a secret (it has the form of a GitHub token)."
    )


def test_a_very_deep_value_is_no_trouble():
    deep: list = []
    for _ in range(10_000):
        deep = [deep]
    check({"deep": deep})


@pytest.mark.parametrize("name", ["adoption", "savings", "risk", "decision", "evidence", "workbench"])
def test_no_parameter_of_the_kit_is_taken_for_a_secret(name):
    model = library.model(library.read(library.find(name)), where=f"{name}.ipynb")
    check(model().model_dump())
    check(dict.fromkeys(model.model_fields, "any text at all"))


def test_an_expression_that_fetches_a_secret_is_none():
    cell = {
        "cell_type": "code",
        "source": 'import os\napi_key = os.environ["API_KEY"]',
        "metadata": {"tags": ["parameters"]},
    }
    model = infer({"cells": [cell]}, where="mine.ipynb")
    check(model.from_mapping({}).model_dump())
    check(dict(model.from_mapping({})))
    with pytest.raises(ParameterError, match="api_key"):
        check(model.from_mapping({"api_key": "hunter2"}).model_dump())
