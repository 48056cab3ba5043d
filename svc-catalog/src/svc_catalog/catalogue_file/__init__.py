"""The catalogue as a file: exported and imported as a spreadsheet or as JSON."""
