"""What claims decides: whom it believes, in what order steps count, what they come to, when a claim is overdue."""
