"""Static files that are made on the machine rather than kept in the repository."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

from maillage.ui import vega


class GeneratedFinder(BaseFinder):
    """Gives `collectstatic` and the development server the script of the charts, made in the instance's folder."""

    def check(self, **options: Any) -> list[Any]:
        return []

    def find(  # type: ignore[override]  # the stubs say None where Django's own finders answer an empty list
        self, path: str, find_all: bool = False, **options: Any
    ) -> str | list[str]:
        if path != vega.BUNDLE_NAME:
            return []
        found = str(vega.bundle_in(self._folder()))
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None = None) -> Iterator[tuple[str, FileSystemStorage]]:
        bundle = vega.bundle_in(self._folder())
        root = str(bundle).removesuffix(vega.BUNDLE_NAME)
        yield vega.BUNDLE_NAME, FileSystemStorage(location=root)

    @staticmethod
    def _folder() -> Path:
        return Path(settings.DATA_DIR) / "generated"
