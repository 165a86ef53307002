"""Parsing of official statistics: from a table to checked lines of cells. The database is neither read nor written."""
