"""Read, write and explore DLMS/COSEM meters over TCP and UDP.

    from dlms_meter import Client

    with Client.tcp("127.0.0.1", 4059, timeout=5) as client:
        reader = client.associate(32, 1, "12345678")    # client wPort, server wPort, password
        print(reader.get(3, "1.0.1.8.0.255", 2))
        reader.release()

    dlmsclient      the client; the names that this module has are taken from it, and
                    further ones are in its modules
    explain         octets in words: WPDUs, APDUs, capture files
    cli, listen     the command ``dlms-meter``, also ``python -m dlms_meter``

In a checkout of the project the four parts are folders of tools/, and this module stands beside
them in tools/package/. They import each other relatively, so that the same sources serve both
places. It has a meaning in an installed package alone.
"""

from .dlmsclient import *  # noqa: F403
from .dlmsclient import __all__ as __all__
