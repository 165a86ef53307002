"""Maillage: the platform on which a territory runs its pact against poverty."""

__version__ = "0.1.0"
