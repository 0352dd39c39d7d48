"""Where the files are that people upload: those that are sent to support, and pictures of products."""

from pathlib import Path
from typing import Any

import environ


def storage(env: environ.Env, folder: Path, setting: str = "SUPPORT_FOLDER") -> dict[str, Any]:
    """A private bucket if S3_BUCKET is set, which django-storages reaches, else a folder that no web server reads."""
    bucket = env.str("S3_BUCKET", default="")
    if not bucket:
        folder = Path(env.str(setting, default=str(folder)))
        options: dict[str, Any] = {"location": str(folder), "file_permissions_mode": 0o600}
        return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
    options = {
        "bucket_name": bucket,
        "location": folder.name,
        "endpoint_url": env.str("S3_ENDPOINT", default="") or None,
        "region_name": env.str("S3_REGION", default="") or None,
        "access_key": env.str("S3_ACCESS_KEY", default="") or None,
        "secret_key": env.str("S3_SECRET_KEY", default="") or None,
        "default_acl": None,
        "querystring_auth": True,
        "file_overwrite": False,
    }
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
