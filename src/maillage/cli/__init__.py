"""The commands. click speaks French before any of them is built: it keeps the sentences of a command once made."""

from __future__ import annotations

from maillage.cli import french

french.install()
