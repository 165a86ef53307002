"""What waits for a person: each app registers a source, the page « Ce qui vous attend » and the weekly digest ask all.

An app declares its source in a module that its `apps.ready` imports:

    @digests.source
    def reports_to_submit(user: User, on: date) -> list[digests.Item]: ...

A source reads (a number of queries that does not depend on the size of the instance), never writes, and returns only
what this very person has to do. Labels are French and hold no personal data: they leave by mail.
"""

from __future__ import annotations

from maillage.core.digests.registry import Item, Source, Waiting, awaiting, look, source

__all__ = ["Item", "Source", "Waiting", "awaiting", "look", "source"]
