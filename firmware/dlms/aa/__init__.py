"""Application associations: what opens and ends one, what it holds, who lends it."""
