"""What all services speak and run on: contracts, messaging, runtime. A closed list of three drawers."""
