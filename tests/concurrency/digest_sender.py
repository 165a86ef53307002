"""A process that sends the approved digests of a week; run as `python digest_sender.py WEEK FOLDER [STAY]`.

It says that it is ready and waits for the word of the test, so that several start at the same instant. Each message
becomes a file of the folder, named by nothing of the message: what was sent twice is there twice. With STAY the process
says, by a file, that the first message left, and never goes further: it is there to be killed.
"""

from __future__ import annotations

import os
import sys
import time
import uuid
from pathlib import Path
from typing import Any

FOLDER, STAY = "DIGEST_SENDER_FOLDER", "DIGEST_SENDER_STAY"
LEFT, READY, GO = "left", "ready", "go"
_LONGEST_STAY = 120.0  # seconds: a test that forgets its process does not keep it


def _main() -> None:
    week, folder = sys.argv[1], sys.argv[2]
    os.environ["DJANGO_SETTINGS_MODULE"] = "maillage.config.settings.base"
    os.environ[FOLDER] = folder
    os.environ[STAY] = sys.argv[3] if len(sys.argv) > 3 else ""
    import django
    from django.conf import settings

    django.setup()
    settings.EMAIL_BACKEND = "tests.concurrency.digest_sender.FolderBackend"
    settings.MAILLAGE_SITE_URL = "https://maillage.exemple.test"

    from maillage.core import clock
    from maillage.core.digests import sending
    from maillage.core.digests.week import Week

    asked = Path(folder)
    (asked / f"{uuid.uuid4().hex}.{READY}").touch()
    while not (asked / GO).exists():
        time.sleep(0.001)
    sending.send(week=Week.parse(week), now=clock.now, advance=lambda percent, text: None)


if __name__ == "__main__":
    _main()
else:
    from django.core.mail.backends.base import BaseEmailBackend

    class FolderBackend(BaseEmailBackend):
        """The outside world of these tests: whoever hands a message over has sent it."""

        def send_messages(self, messages: Any) -> int:
            folder = Path(os.environ[FOLDER])
            for message in messages:
                (folder / f"{uuid.uuid4().hex}.to").write_text(message.to[0], encoding="utf-8")
            if os.environ[STAY]:
                (folder / LEFT).touch()
                time.sleep(_LONGEST_STAY)
            time.sleep(0.02)  # long enough for another process to come in between
            return len(messages)
