"""What goes over the wire: the envelope, every event type, and the value types in them."""
