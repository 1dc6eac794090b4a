"""Host-side tools of the reference meter: nothing here shares code with ``firmware/``."""
