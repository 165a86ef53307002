"""Documents to print or to edit: one model, and its renderings as PDF, ODT and DOCX; templates that agents edit."""
