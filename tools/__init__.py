"""Host-side tools of the reference meter: nothing here shares code with ``firmware/``.

    dlmsclient, cli, listen, explain    for users: the client, its commands, octets in words
    launcher                            for users: starts the meter on this computer
    package                             the head of the installable package ``dlms_meter``
    image/                              images for boards, and what brings them there
    upkeep/                             what keeps the repository in order

Imports run one way: ``upkeep`` may use ``image``, both may use what is for users.
"""
