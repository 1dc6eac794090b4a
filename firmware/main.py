"""What a board runs after boot.py, and what the launcher starts in the unix
port. Ctrl-C always gets out of it.
"""

import gc
import os
import sys

# Collect often while modules are compiled: their garbage would otherwise scatter
# what stays over the whole heap.
gc.threshold(16384)

# A board's image has the firmware linked into one module, which takes less heap
# (tools/image/link), and most have its modules as well. Files of the firmware on the board's file
# system take the place of modules, and so the modules are run where there are any.
_FIRMWARE = (
    "app.py",
    "board",
    "config.py",
    "cosem",
    "dlms",
    "log.py",
    "masks.py",
    "meter",
    "net",
    "trace.py",
    "version.py",
)

try:
    if any(name in _FIRMWARE for name in os.listdir()):
        raise ImportError
    import image as app
except (ImportError, OSError):
    try:
        import app
    except ImportError as e:
        # An image without the modules, of which files can take no place. Where there is no
        # image either, the first word counts.
        try:
            import image as app
        except ImportError:
            raise e
        print("WARN files of the firmware on the board are not used, because its image has no modules beside them:", e)


def beside():
    """The coroutine function `run` of a file beside.py on the board, which runs beside the
    meter (`app.main`); None without one.

    A file that cannot be imported is reported, and the meter serves without it.
    """
    try:
        if app.HARDWARE and "beside.py" in os.listdir():
            return __import__("beside").run
    except Exception as e:
        sys.print_exception(e)
        print("WARN beside.py:", e, "- the meter runs without it")
    return None


# Its place among the names is taken before: Ctrl-C in the middle of a collection leaves the heap
# locked, and a further name may need heap.
code = 0
code = app.main(sys.argv[1:], beside())
# On a board the REPL comes next. Leaving by SystemExit would be a soft reset
# there, and start the meter again.
if not app.HARDWARE:
    sys.exit(code)
