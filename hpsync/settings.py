"""Django's settings, and the only reader of the environment (`.env.example` documents it)."""

from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import environ
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key
from django.utils.translation import gettext_lazy as _
from kombu import Queue

from hpsync import embedded
from hpsync.kintone_address import checked_url_template
from hpsync.secret_files import kept_secret
from hpsync.shared_cache import cache_in

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
env.read_env(BASE_DIR / ".env")

#: Where the embedded shape keeps its database, keys, mails and sockets.
VAR_DIR = Path(env("VAR_DIR", default="") or BASE_DIR / "var").resolve()
DEBUG = env.bool("DEBUG", default=False)


def left_by_up(name: str) -> str:
    """What `manage.py up` left in `var/NAME` for commands started beside it, "" if nothing."""
    path = VAR_DIR / name
    return path.read_text(encoding="utf-8").strip() if path.exists() else ""


# --- Database -------------------------------------------------------------------------------------

VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
DATABASES: dict[str, dict[str, Any]] = {
    "default": env.db_url_config(
        env("DATABASE_URL", default="") or f"sqlite:///{VAR_DIR / 'hpsync.sqlite3'}"
    )
}
USES_SQLITE = DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"
if USES_SQLITE:
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # 32 MB of pages: a transaction writes 500 records with all their indexes. Among a million
        # each lies on a page of its own: 64 MB of them wait in the journal before they are sorted
        # in, or a run would do so in its commits, again and again.
        "init_command": (
            "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA foreign_keys=ON;"
            "PRAGMA cache_size=-32000;PRAGMA wal_autocheckpoint=16000"
        ),
    }
else:
    # One pool per process, shared by its threads; persistent connections and a pool exclude
    # each other.
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    # A server that was restarted leaves dead connections in the pool: each is tried before use.
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"].setdefault("OPTIONS", {}).update(
        {"pool": {"min_size": 1, "max_size": 16, "timeout": 20}}
    )

# --- Shape and secrets ----------------------------------------------------------------------------

CELERY_BROKER_URL = env("CELERY_BROKER_URL", default="")
#: Whether the broker is our own, started by `manage.py up`.
EMBEDDED_BROKER = not CELERY_BROKER_URL
#: One machine out of the box: everything in `var/`, secrets made by ourselves.
EMBEDDED = EMBEDDED_BROKER and USES_SQLITE
if EMBEDDED_BROKER:
    CELERY_BROKER_URL = embedded.broker_url(VAR_DIR)

SECRET_KEY = env("SECRET_KEY", default="")
CREDENTIAL_KEYS = env.list("CREDENTIAL_KEYS", default=[])
if EMBEDDED or DEBUG:
    SECRET_KEY = SECRET_KEY or kept_secret(VAR_DIR / "secret_key", make=get_random_secret_key)
    CREDENTIAL_KEYS = CREDENTIAL_KEYS or [
        kept_secret(VAR_DIR / "credential_key", make=lambda: Fernet.generate_key().decode())
    ]
elif not (SECRET_KEY and CREDENTIAL_KEYS):
    # Several machines must share them, so none may invent its own.
    message = "SECRET_KEY and CREDENTIAL_KEYS are required beside DATABASE_URL or CELERY_BROKER_URL"
    raise ImproperlyConfigured(message)
for credential_key in CREDENTIAL_KEYS:
    try:
        Fernet(credential_key)
    except ValueError as error:
        message = (
            "CREDENTIAL_KEYS holds something that is no key; .env.example says how to make one"
        )
        raise ImproperlyConfigured(message) from error

# --- kintone --------------------------------------------------------------------------------------

#: Where kintone is; `manage.py up` points the embedded shape at the sandbox.
try:
    KINTONE_URL_TEMPLATE = checked_url_template(
        env("KINTONE_URL_TEMPLATE", default="")
        or (EMBEDDED_BROKER and left_by_up(embedded.KINTONE_URL_FILE))
        or "https://{subdomain}.{domain}"
    )
except ValueError as error:
    message = f"KINTONE_URL_TEMPLATE {error}"
    raise ImproperlyConfigured(message) from error
#: Whether the operator said where kintone is: then no sandbox is started.
KINTONE_GIVEN = bool(env("KINTONE_URL_TEMPLATE", default=""))
#: What step 1 is filled in with for somebody who practises; `manage.py up` says it to its programs.
PRACTICE_KINTONE: dict[str, Any] | None = env.json("PRACTICE_KINTONE", default=None)
KINTONE_CA_BUNDLE = env("KINTONE_CA_BUNDLE", default="")
EGRESS_ADDRESSES = env.list("EGRESS_ADDRESSES", default=[])
#: Our share of the 100 calls that a kintone domain bears at once (kintone-api.md §3).
KINTONE_REQUESTS_AT_ONCE = env.int("KINTONE_REQUESTS_AT_ONCE", default=10)
if not 1 <= KINTONE_REQUESTS_AT_ONCE <= 100:
    message = "KINTONE_REQUESTS_AT_ONCE is a number from 1 to 100."
    raise ImproperlyConfigured(message)

# --- Hot Profile ----------------------------------------------------------------------------------

#: Hosts, with port where they have one, that may be given an API key beside the vendor's own.
HOTPROFILE_HOSTS = [host.lower() for host in env.list("HOTPROFILE_HOSTS", default=[])]
if not HOTPROFILE_HOSTS and EMBEDDED_BROKER and (host := left_by_up(embedded.HOTPROFILE_HOST_FILE)):
    HOTPROFILE_HOSTS = [host]
#: Calls in any minute. Source: the connector's limit (hotprofile.md A6).
HOTPROFILE_CALLS_PER_MINUTE = env.int("HOTPROFILE_CALLS_PER_MINUTE", default=100)
if HOTPROFILE_CALLS_PER_MINUTE < 1:
    message = "HOTPROFILE_CALLS_PER_MINUTE is a number from 1."
    raise ImproperlyConfigured(message)

# --- Notices --------------------------------------------------------------------------------------

#: Networks within our own that webhooks may lead to; elsewhere only to the open internet.
try:
    NOTICE_INSIDE_NETWORKS = [
        ip_network(network) for network in env.list("NOTICE_INSIDE_NETWORKS", default=[])
    ]
except ValueError as error:
    message = "NOTICE_INSIDE_NETWORKS lists networks, as 10.1.2.0/24 or 10.1.2.3."
    raise ImproperlyConfigured(message) from error

# --- Who may talk to us, and how ------------------------------------------------------------------

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
#: Address of the product for links in mails.
PUBLIC_URL = (
    env("PUBLIC_URL", default="") or left_by_up(embedded.PUBLIC_URL_FILE) or "http://127.0.0.1:8000"
).rstrip("/")

#: Whether people reach us over https, by a proxy that ends it and sets X-Forwarded-Proto.
HTTPS = env.bool("HTTPS") if env("HTTPS", default="") else urlsplit(PUBLIC_URL).scheme == "https"
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^health/"]
    SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds())
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_ENGINE = "signin.session_store"


def at_least_one(name: str, count: int) -> int:
    """The count that the environment gives under that name."""
    if count < 1:
        message = f"{name} is a number from 1."
        raise ImproperlyConfigured(message)
    return count


#: A session ends when nobody used it for so long, and so long after signing in however it is used.
SESSION_IDLE = timedelta(
    hours=at_least_one("SESSION_IDLE_HOURS", env.int("SESSION_IDLE_HOURS", default=12))
)
SESSION_LONGEST = timedelta(
    hours=at_least_one("SESSION_LONGEST_HOURS", env.int("SESSION_LONGEST_HOURS", default=168))
)
SESSION_COOKIE_AGE = int(SESSION_IDLE.total_seconds())
#: Sensitive changes ask for the password where it was given longer ago.
PASSWORD_AGAIN_AFTER = timedelta(
    minutes=at_least_one("CONFIRM_AFTER_MINUTES", env.int("CONFIRM_AFTER_MINUTES", default=15))
)
SIGN_IN_HISTORY_DAYS = at_least_one(
    "SIGN_IN_HISTORY_DAYS", env.int("SIGN_IN_HISTORY_DAYS", default=400)
)
# Preloading binds a whole domain: its owner decides that, not one application in it.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

#: What a program that watches over us shows to read `/metrics`; without one nobody may.
METRICS_TOKEN = env("METRICS_TOKEN", default="")
if METRICS_TOKEN and len(METRICS_TOKEN) < 16:
    message = "METRICS_TOKEN has at least 16 characters."
    raise ImproperlyConfigured(message)

#: Requests to the API that one token may make in a minute.
API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", default=600)
if API_REQUESTS_PER_MINUTE < 1:
    message = "API_REQUESTS_PER_MINUTE is a number from 1."
    raise ImproperlyConfigured(message)

#: Days for which 操作履歴 is kept.
AUDIT_DAYS = env.int("AUDIT_DAYS", default=400)
if AUDIT_DAYS < 1:
    message = "AUDIT_DAYS is a number from 1."
    raise ImproperlyConfigured(message)

#: Days for which runs are kept, with what became of each record.
RUN_HISTORY_DAYS = at_least_one("RUN_HISTORY_DAYS", env.int("RUN_HISTORY_DAYS", default=400))
#: Days for which it is kept what went to kintone and what came back when it refused a record.
EXCHANGE_DAYS = at_least_one("EXCHANGE_DAYS", env.int("EXCHANGE_DAYS", default=30))

# --- Application ----------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "csp",
    "ninja",
    "audit",
    "crm",
    "integrations",
    "mapping",
    "signin",
    "pulls",
    "jobs",
    "api",
    "history",
    "manual",
    "hpsync",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "hpsync.language.LanguageMiddleware",
    "api.middleware.ApiMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "signin.sessions.SessionLifeMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "hpsync.access.AdministratorsOnlyMiddleware",
    "hpsync.acting.ActorMiddleware",
    "signin.demands.DemandsMiddleware",
]
ROOT_URLCONF = "hpsync.urls"
WSGI_APPLICATION = "hpsync.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Nothing that must be right depends on the cache.
CACHES = {"default": cache_in(CELERY_BROKER_URL)}

AUTH_USER_MODEL = "crm.Account"
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "sign-in"
PASSWORD_LENGTH = 12
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": PASSWORD_LENGTH},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "signin.passwords.GuessableValidator"},
]

LANGUAGE_CODE = env("LANGUAGE_CODE", default="ja")
LANGUAGES = [("ja", _("日本語")), ("en", _("英語"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env("TIME_ZONE", default="Asia/Tokyo")
USE_TZ = True

STATIC_URL = "static/"
FILE_UPLOAD_HANDLERS = [
    "crm.importing.limits.LimitHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = VAR_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
if DEBUG:
    STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    WHITENOISE_USE_FINDERS = True

EMAIL_CONFIG = env.email_url_config(
    env("EMAIL_URL", default="") or f"filemail:///{VAR_DIR / 'mail'}"
)
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="hpsync@localhost")

# --- Celery: a clock and a doorbell ---------------------------------------------------------------

CELERY_TASK_DEFAULT_QUEUE = "hpsync"
#: A worker takes from both unless told otherwise; one that takes ticks alone keeps the minute
#: also while every thread of the others is at work on a long run.
CLOCK_QUEUE = "clock"
CELERY_TASK_QUEUES = [
    Queue(name, routing_key=name) for name in (CELERY_TASK_DEFAULT_QUEUE, CLOCK_QUEUE)
]
CELERY_TASK_ROUTES = {"jobs.tick": {"queue": CLOCK_QUEUE}}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # Longer than the longest run. What a dead worker held is found by the sweep, not by this.
    "visibility_timeout": int(timedelta(hours=12).total_seconds()),
    "unacked_restore_throttle": 1,
    # A doorbell that cannot be rung must not hold up a page: the tick rings again.
    "socket_connect_timeout": 2,
}
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE = {
    # A tick that nobody took within its minute is not owed: the next one does the same.
    "tick": {"task": "jobs.tick", "schedule": 60.0, "options": {"expires": 55}},
    "api-forget": {"task": "api.forget", "schedule": 3600.0, "options": {"expires": 3500}},
    "signin-forget": {"task": "signin.forget", "schedule": 3600.0, "options": {"expires": 3500}},
}

# --- Watched folder -------------------------------------------------------------------------------

#: Where other programs leave files to be imported, and who is told of those that do not fit.
FEED_DIR = env("FEED_DIR", default="")
FEED_NOTIFY = env.list("FEED_NOTIFY", default=[])
if FEED_DIR:
    CELERY_BEAT_SCHEDULE["feed"] = {
        "task": "crm.feed",
        "schedule": 60.0,
        "options": {"expires": 55},
    }

# --- Logs -----------------------------------------------------------------------------------------

#: `line` for people, `json` for programs that collect logs.
LOG_FORMAT = env("LOG_FORMAT", default="line")
if LOG_FORMAT not in {"line", "json"}:
    message = "LOG_FORMAT is line or json."
    raise ImproperlyConfigured(message)
LOGGED_NOWHERE = [
    SECRET_KEY,
    *CREDENTIAL_KEYS,
    METRICS_TOKEN,
    str(DATABASES["default"].get("PASSWORD") or ""),
    unquote(urlsplit(CELERY_BROKER_URL).password or ""),
    str(EMAIL_CONFIG.get("EMAIL_HOST_PASSWORD") or ""),
]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "about": {"()": "common.log_context.AboutFilter"},
        "secrets": {"()": "hpsync.masking.SecretFilter", "secrets": LOGGED_NOWHERE},
    },
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name}: {about_text}{message}", "style": "{"},
        "json": {"()": "hpsync.logs.JsonFormatter"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "filters": ["about", "secrets"],
            "formatter": LOG_FORMAT,
        }
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    # Django's own handlers would write without our mask, and mail tracebacks to nobody.
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "level": "INFO", "propagate": True},
    },
}
