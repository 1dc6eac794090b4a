"""What a board has beside sockets, and the seam to it: `board.plain`."""
