"""How events are taken in once, answered, and handed on: at least once on the wire, exactly once in effect."""
