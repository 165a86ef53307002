"""Settings shared by every way of running. Values that an instance chooses come from `config.instance`."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import dj_database_url
from csp.constants import NONE, SELF

from maillage.config.instance import data_dir, read_instance, secret_key
from maillage.config.mail import mail_settings

PACKAGE_DIR = Path(__file__).resolve().parents[2]
DATA_DIR = data_dir()
INSTANCE = read_instance(DATA_DIR)

SECRET_KEY = secret_key(DATA_DIR)
DEBUG = False
ALLOWED_HOSTS = [host for host in os.environ.get("MAILLAGE_HOSTS", "127.0.0.1,localhost,[::1]").split(",") if host]
HTTPS = os.environ.get("MAILLAGE_HTTPS", "") == "1"

MAILLAGE_NAME = INSTANCE.name
MAILLAGE_REGION = INSTANCE.region
MAILLAGE_THEME = INSTANCE.theme
MAILLAGE_DEMONSTRATION = INSTANCE.demonstration
MAILLAGE_CONTACT = INSTANCE.contact
MAILLAGE_LEGAL = INSTANCE.legal
MAILLAGE_MAX_UPLOAD_BYTES = 50 * 1024 * 1024

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "maillage.core",
    "maillage.ui",
    "maillage.sources",
    "maillage.territories",
    "maillage.pacts",
    "maillage.indicators",
    "maillage.directory",
    "maillage.contracts",
    "maillage.collection",
    "maillage.local_pacts",
    "maillage.rights",
    "maillage.observatory",
    "maillage.governance",
    "maillage.reports",
    "maillage.web",
    "maillage.demo",
]

MIDDLEWARE = [
    "maillage.core.logs.RequestLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "maillage.config.urls"
WSGI_APPLICATION = "maillage.config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["maillage.ui.templatetags.ui"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "maillage.ui.context_processors.shell",
            ],
        },
    }
]

# Embedded by default: one SQLite file. Options per connection are set in `core.sqlite` (WAL, recursive triggers …).
DATABASES = {
    "default": dj_database_url.config(
        env="MAILLAGE_DATABASE_URL",
        default=f"sqlite:///{DATA_DIR / 'maillage.sqlite3'}",
        conn_max_age=60,
        conn_health_checks=True,
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",  # a write waits its turn instead of failing half-way
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA foreign_keys=ON;"
            "PRAGMA recursive_triggers=ON;PRAGMA busy_timeout=20000;PRAGMA cache_size=-64000;"
        ),
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "core_cache"}}
SESSION_ENGINE = "django.contrib.sessions.backends.db"

AUTH_USER_MODEL = "core.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "core/locked_out.html"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_DISABLE_ACCESS_LOG = True  # our journal keeps the fact; addresses and browsers are not ours to keep
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "csrfmiddlewaretoken", "next"]
AXES_USERNAME_FORM_FIELD = "username"
MAILLAGE_LOGIN_FAILURES_PER_ADDRESS = 40  # in fifteen minutes, whatever the accounts tried

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
MAILLAGE_JOB_LATE_SECONDS = float(os.environ.get("MAILLAGE_JOB_LATE_SECONDS", "30"))  # silence of a dead job
MAILLAGE_JOB_BEAT_SECONDS = float(os.environ.get("MAILLAGE_JOB_BEAT_SECONDS", "2"))
MAILLAGE_JOB_POLL_SECONDS = float(os.environ.get("MAILLAGE_JOB_POLL_SECONDS", "0.5"))

# What computes rights: called once for the process, with the folder where it may keep the compiled law.
MAILLAGE_RIGHTS_ENGINE = "maillage.gateways.openfisca_france.engine.CompiledLaw"

# Messages: EMAIL_BACKEND and what it needs. Shown on the console until an instance gives a server.
MAILLAGE_SITE_URL = os.environ.get("MAILLAGE_SITE_URL", "").rstrip("/")
DEFAULT_FROM_EMAIL = os.environ.get("MAILLAGE_EMAIL_FROM", "maillage@localhost")
globals().update(mail_settings(os.environ.get("MAILLAGE_EMAIL_URL", "")))

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français")]
TIME_ZONE = "Europe/Paris"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "maillage.ui.finders.GeneratedFinder",  # the script of the charts, made from the installed package
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": DATA_DIR / "files"}},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_ROOT = DATA_DIR / "files"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "maillage.core.files.BoundedTemporaryFileUploadHandler",
]
FILE_UPLOAD_PERMISSIONS = 0o640

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
CSRF_FAILURE_VIEW = "maillage.web.views.errors.csrf_failure"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "maillage.core.logs.JsonFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": os.environ.get("MAILLAGE_LOG_LEVEL", "WARNING")},
    "loggers": {
        "maillage": {"level": "INFO"},
        # Each request has its own line already; Django's repeats it with the raw address.
        "django.request": {"level": "ERROR"},
        "django.server": {"handlers": [], "propagate": False},
        "axes": {"level": "CRITICAL"},  # its messages bear accounts and addresses; the audit journal keeps the fact
    },
}
