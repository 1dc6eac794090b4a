"""What the meter sends unasked: notifications, and where they wait."""
