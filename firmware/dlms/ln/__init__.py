"""The services of logical name referencing."""
