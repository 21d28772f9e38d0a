"""What messaging promises, proved on both transports and both databases; README.md says which line keeps what."""
