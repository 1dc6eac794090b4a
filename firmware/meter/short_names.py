"""The clients that speak with short names, and their associations with a logical device."""

import limits
from cosem.association_sn import AssociationSN
from cosem.short_names import ShortNames
from dlms.conformance import SN_LONG_SERVICES, SN_SERVICES
from dlms.security import LOW, LOWEST
from meter import objects


def associations(directory, wport, groups, pool, secrets, most):
    """The first `most` associations of `objects.SHORT_NAME_ASSOCIATIONS` with the logical device at wport.

    groups: logical name -> access group of every object of the complete directory. pool: of access rights. secrets: name -> octets.
    """
    names = ShortNames(directory, AssociationSN)
    services = SN_SERVICES | SN_LONG_SERVICES if limits.GBT_WINDOW else SN_SERVICES
    made = []
    for client, place, secret in objects.SHORT_NAME_ASSOCIATIONS[:most]:
        acc = []
        for i in range(directory.n):
            o = directory.objs[i]
            group = groups[o.name] if o else objects.ASSOCIATION_SN
            acc.append(pool.rights(group[place], o or AssociationSN))
        mechanism = LOW if secret else LOWEST
        made.append(AssociationSN(client, wport, mechanism, secrets.get(secret, b""), services, directory, acc, names))
    return made
