"""What the repository and its imports must look like."""
