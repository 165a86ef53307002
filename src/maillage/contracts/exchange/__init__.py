"""The text of a contract out to spreadsheets and back: a workbook to fill offline, a block pasted into the grid.

Nothing is written here. What was read becomes edits of a text, which `services.texts.change_text` alone makes.
"""
