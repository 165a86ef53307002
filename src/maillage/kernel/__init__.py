"""The words every other layer speaks: periods, territory codes, money, rates, numbers, provenance, errors.

Pure Python: no framework, no clock, no database, no input or output.
"""
