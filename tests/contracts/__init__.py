"""What goes over the wire: documented, compatible, readable by others, and proof against whatever comes in."""
