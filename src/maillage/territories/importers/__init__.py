"""Parsing of the official files on territories: from a table or a JSON to checked rows. Nothing is written here."""
