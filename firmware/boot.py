"""Runs before main.py on a board and always ends, so that the REPL stays within reach: nothing belongs here that can wait or fail."""
