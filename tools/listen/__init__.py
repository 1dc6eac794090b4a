"""`make listen`: what a meter sends unasked, received and decoded, and
connections that a meter opens, read over.

    listener    sockets: WPDUs of notifications as they arrive over TCP and UDP,
                confirmed where they ask for it
    __main__    prints them; with --read it opens an AA over each connection that a meter has opened

Sharing no code with the firmware, like the host client that it is built on.
"""
