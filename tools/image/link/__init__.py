"""Link the firmware into few modules that take less heap, to be frozen into an image for a
board; `tools/image/rom` goes on from there.

On a board a module costs a dictionary, each name that it defines or imports a place in it, each
constant of its own too. Linked, the modules that the application needs all the time are ONE module,
`image`: constants are written where they are used, an import of a name is the name itself, and what
nobody uses is left out. Modules that are imported inside functions stay modules of their own,
`image_…`, because they are loaded only where they are needed, and let go again when they are marked
as needed at the start only.

    program    the modules, what their names are bound to, which belong together
    scopes     which names of a function are its own
    rewrite    a module's code with every name replaced by what it is bound to
    emit       the linked modules as text

The code is the same otherwise: statement for statement, in the order in which the modules
would have been run. Only the standard library is used, because the Python that builds
MicroPython runs it (`boards/manifest.py`).
"""

from .emit import linked
from .program import LinkError, shared

__all__ = ["LinkError", "linked", "shared"]
