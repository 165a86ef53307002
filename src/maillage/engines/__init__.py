"""Pure computations that an auditor may ask to defend: dataclasses in and out, no clock, no database."""
