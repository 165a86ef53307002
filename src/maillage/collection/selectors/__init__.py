"""Reads of the collection, shared by pages, spreadsheets and reminders."""
