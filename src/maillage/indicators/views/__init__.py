"""Pages of figures: documents, stated figures, consistency, indicators, and the pact with what is linked to it."""
