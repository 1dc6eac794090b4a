"""Boards as targets of a test run: a serial port, the network behind it, and the rig around both.

    rig        the TOML file that describes boards, networks and relays
    commands   the rig's commands: power, network, pulses
    locks      one run and one worker per device
    line       the serial port: opened, kept open, every octet captured
    hands      Python on the board, over the same port
    board      a meter on a board: configured, reset by a ladder of means, READY
    boards     the boards of one worker, and the scripts that run on them
    place      a board that a labgrid coordinator hands out

docs/HARNESS.md is the manual.
"""
