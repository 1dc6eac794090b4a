"""The clients that speak with short names, and their associations with a logical device."""

import limits
from cosem.association_sn import AssociationSN
from cosem.directory import obis
from cosem.short_names import ShortNames
from dlms.codec.conformance import SN_LONG_SERVICES, SN_SERVICES, SN_UNSOLICITED
from dlms.aa.security import LOW, LOWEST
from meter import objects
from meter.access import grant

_START_ONLY = True


def associations(directory, wport, groups, secrets, most):
    """The first `most` associations of `objects.SHORT_NAME_ASSOCIATIONS` with the logical device
    at wport, and those of `objects.REPORTS`.

    groups: logical name -> access group of every object of the complete
    directory. secrets: name -> octets.
    """
    names = ShortNames(directory, AssociationSN)
    services = SN_SERVICES | SN_LONG_SERVICES if limits.GBT_WINDOW else SN_SERVICES
    made = []
    clients = objects.SHORT_NAME_ASSOCIATIONS[:most]
    if limits.PUSHES and wport == objects.MANAGEMENT_DEVICE:
        clients += objects.REPORTS
    for client, who, secret in clients:
        mechanism = LOW if secret else LOWEST
        told = client == objects.CLIENT_MANAGEMENT
        conformance = services | SN_UNSOLICITED if told else services
        association = AssociationSN(client, wport, mechanism, secrets.get(secret, b""), conformance, directory, names)
        for i in range(directory.n):
            o = directory.objs[i]
            group = groups[directory.table[8 * i : 8 * i + 6]] if o else objects.ASSOCIATION_SN
            grant(association, i, group[who], o or AssociationSN)
        if told:
            i = directory.index(obis(objects.REPORTED))
            grant(association, i, "r", directory.objs[i])
        made.append(association)
    return made
