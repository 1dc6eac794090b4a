"""Runs before main.py on a board and always ends, so that the REPL stays within reach:
nothing belongs here that can wait or fail.
"""

try:
    import limits

    if limits.HARDWARE:
        from board.watchdog import hold

        # the meter before a soft reset may have left it running
        hold(limits, False)
except Exception as e:  # whatever is missing or broken, the REPL is what can mend it
    print("boot:", e)
