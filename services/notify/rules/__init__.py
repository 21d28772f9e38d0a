"""What notify decides: whom to tell, in which words, and when to try again."""
