"""Settings of the tests: the product's own, away from this machine's environment and folders.

`DATABASE_URL` and `CELERY_BROKER_URL` alone are taken from outside, so that the same tests run on
PostgreSQL and Redis (`scripts/check.py` does so).
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

# Workers of pytest-xdist are children of the process that made the folder, and keep to their own.
_made_here = "HPSYNC_TEST_DIR" not in os.environ
if _made_here:
    os.environ["HPSYNC_TEST_DIR"] = tempfile.mkdtemp(prefix="hpsync-test-")
    atexit.register(shutil.rmtree, os.environ["HPSYNC_TEST_DIR"], ignore_errors=True)
_worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
os.environ.update(
    VAR_DIR=str(Path(os.environ["HPSYNC_TEST_DIR"]) / _worker),
    DEBUG="off",
    HTTPS="off",
    SECRET_KEY="the-tests-know-this-key-and-nobody-else-needs-it",
    CREDENTIAL_KEYS="dGhlIHRlc3RzIGtub3cgdGhpcyBrZXkgdG9vLCBva2E=",
    KINTONE_URL_TEMPLATE="https://{subdomain}.{domain}",
    KINTONE_CA_BUNDLE="",
    EGRESS_ADDRESSES="",
    HOTPROFILE_HOSTS="",
    HOTPROFILE_CALLS_PER_MINUTE="100",
    NOTICE_INSIDE_NETWORKS="",
    SESSION_IDLE_HOURS="12",
    SESSION_LONGEST_HOURS="168",
    CONFIRM_AFTER_MINUTES="15",
    SIGN_IN_HISTORY_DAYS="400",
    EXCHANGE_DAYS="30",
    RUN_HISTORY_DAYS="400",
    ALLOWED_HOSTS="localhost,127.0.0.1,testserver",
    CSRF_TRUSTED_ORIGINS="",
    PUBLIC_URL="https://hpsync.example.com",
    EMAIL_URL="memorymail://",
    DEFAULT_FROM_EMAIL="hpsync@example.com",
    LANGUAGE_CODE="ja",
    TIME_ZONE="Asia/Tokyo",
)
os.environ.setdefault("CELERY_BROKER_URL", "memory://")

from hpsync.settings import *  # noqa: E402, F403
from hpsync.settings import DATABASES, STORAGES, USES_SQLITE, VAR_DIR  # noqa: E402

if USES_SQLITE:
    # A file, as in the product: threads and processes of a test meet as they do there.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
# Not in the broker, whose database would be emptied with it before each test.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# The manifest is made by `collectstatic`, which `make test` tries apart from the tests.
STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
(VAR_DIR / "static").mkdir(exist_ok=True)
