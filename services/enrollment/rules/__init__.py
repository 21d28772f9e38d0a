"""What enrollment decides: whom it admits, what an ID number says, how personal data is kept."""
