"""What a command has to say, and its forms: a document is declared once, and every writer (`as_...`) can write it."""
