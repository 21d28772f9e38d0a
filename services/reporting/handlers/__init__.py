"""What reporting does about facts: books them."""
