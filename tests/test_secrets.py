"""Nothing that is tracked holds a secret: keys of clouds and services, private keys, tokens, passwords in addresses."""

import subprocess
from pathlib import Path

import pytest
from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import transient_settings

from tests.test_docs import ROOT, TRACKED

# Those that know what they look for. Keywords and entropy would find every test's password and every hash of a lock.
PLUGINS = [
    "ArtifactoryDetector",
    "AWSKeyDetector",
    "AzureStorageKeyDetector",
    "BasicAuthDetector",
    "DiscordBotTokenDetector",
    "GitHubTokenDetector",
    "GitLabTokenDetector",
    "JwtTokenDetector",
    "MailchimpDetector",
    "NpmDetector",
    "OpenAIDetector",
    "PrivateKeyDetector",
    "PypiTokenDetector",
    "SendGridDetector",
    "SlackDetector",
    "SquareOAuthDetector",
    "StripeDetector",
    "TelegramBotTokenDetector",
    "TwilioKeyDetector",
]
SETTINGS = {"plugins_used": [{"name": name} for name in PLUGINS]}

# What looks like one, and is none: examples of the documents, and what tests make up.
EXAMPLES = {
    (".env.example", "Basic Auth Credentials"),
    ("docs/asyncapi.yaml", "JSON Web Token"),
    ("docs/openapi.yaml", "JSON Web Token"),
    ("rest/examples.py", "JSON Web Token"),
    ("tests/config/test_doctor.py", "Basic Auth Credentials"),
    ("tests/realtime/test_admission.py", "JSON Web Token"),
    ("tests/recordings/test_redaction.py", "Basic Auth Credentials"),
    ("tests/webhooks/test_admin.py", "Basic Auth Credentials"),
}


def found(*paths: Path) -> set[tuple[str, str]]:
    """What is found in files, as where and what."""
    collection = SecretsCollection(root=str(ROOT))
    with transient_settings(SETTINGS):
        for path in paths:
            collection.scan_file(str(path))
    return {
        (str(Path(name).relative_to(ROOT)) if Path(name).is_absolute() else name, each.type)
        for name, each in collection
    }


def test_no_tracked_file_holds_a_secret() -> None:
    assert found(*map(Path, TRACKED)) - EXAMPLES == set()


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("key = 'AKIA" + "Q3EGTXMPL7ABCD2Z" + "'", "AWS Access Key"),
        ("-----BEGIN RSA " + "PRIVATE KEY-----", "Private Key"),
        ("token = 'ghp_" + "a1B2c3D4e5" * 3 + "F6g7H8'", "GitHub Token"),
        ("url = 'postgresql://shop:" + "6663a9fe" * 2 + "@db/shop'", "Basic Auth Credentials"),
    ],
)
def test_a_secret_would_be_found(line: str, kind: str, tmp_path: Path) -> None:
    (tmp_path / "settings.py").write_text(line + "\n")
    collection = SecretsCollection()
    with transient_settings(SETTINGS):
        collection.scan_file(str(tmp_path / "settings.py"))
    assert {each.type for _, each in collection} == {kind}


def test_what_holds_secrets_is_never_tracked() -> None:
    for name in (".env", "deploy/.env", "var/recordings.key", "var/cluster/secret"):
        asked = subprocess.run(["git", "check-ignore", "-q", name], cwd=ROOT, check=False)
        assert asked.returncode == 0, name
