"""Settings of the tests: the real application, on a throw-away instance."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_folder = tempfile.mkdtemp(prefix="maillage-test-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
os.environ["MAILLAGE_DATA_DIR"] = _folder
os.environ["MAILLAGE_REGION"] = "REG-52"
os.environ.pop("MAILLAGE_DATABASE_URL", None)
if os.environ.get("MAILLAGE_TEST_DATABASE_URL"):
    os.environ["MAILLAGE_DATABASE_URL"] = os.environ["MAILLAGE_TEST_DATABASE_URL"]

from maillage.config.settings.base import *  # noqa: E402, F403  (settings are extended by import, the environment first)
from maillage.config.settings.base import DATA_DIR, DATABASES, STATIC_ROOT, STORAGES  # noqa: E402  (as above)

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
STATIC_ROOT.mkdir(exist_ok=True)  # the static files' middleware warns of a folder that does not exist

# A file and not memory: threads of the live server, worker processes and WAL behave as in real life.
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["TEST"] = {"NAME": str(Path(DATA_DIR) / "test.sqlite3")}
DATABASES["default"]["CONN_MAX_AGE"] = 0
