"""Reads about figures, shared by pages, reports and the command line: one module by question asked."""
