"""The meter's firmware as frozen modules; the manifest of every board includes
this beside its own table of limits.

It is frozen linked into one module, which takes less heap; main.py runs that. Where the flash has
room, the modules are frozen once more as they are, for the REPL and for modules on the board's file
system that replace single ones.

options.limits: the board's table of limits. A feature of which it has none is not in the linked
image. options.modules: False leaves the modules out that the linked one stands for. options.map:
False leaves the port its own start of the file system, which takes all of the flash then.
"""

import os
import sys

sys.path.insert(0, "..")

import __main__ as makemanifest

from tools.image import rom
from tools.image.link import linked, shared

options.defaults(modules=True, map=True)
rom.take_part(makemanifest)
if options.modules:
    freeze("../firmware")
else:
    freeze("../firmware", shared("../firmware"))
board = os.path.basename(os.path.dirname(os.path.abspath(options.limits)))
if options.map:
    freeze("modules")
freeze(linked("../firmware", "../.cache/linked/" + board, options.limits))
