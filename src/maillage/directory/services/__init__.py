"""Writes of the directory: lists of points of service."""

from __future__ import annotations

from maillage.directory.services.france_services import load_france_services

__all__ = ["load_france_services"]
