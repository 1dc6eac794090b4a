"""What is kept over a restart: sectors of flash outside any file system, and what stands in them."""
