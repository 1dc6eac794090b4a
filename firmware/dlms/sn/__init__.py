"""The services of short name referencing."""
