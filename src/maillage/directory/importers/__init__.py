"""Parsing of official lists of points of service: to checked rows. Nothing is written here."""
