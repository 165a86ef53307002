"""From a document to a file: PDF, ODT, DOCX."""
