"""Reads of the reports: the facts of a year, and what the reports' pages show."""
