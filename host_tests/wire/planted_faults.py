"""The meter with faults planted in it, for MicroPython: the wrapper that
`test_supervisor.py` starts in place of main.py.

The words `firmware=FOLDER` and `plant=TASK:TIMES,…` are the wrapper's, all others the meter's. From
its tenth turn on the task raises RuntimeError, so many times; TIMES 0: for ever. The tasks are
those of `app._TASKS`; `loop` is the poll of asyncio's loop.
"""

import sys

words = []
plan = {}
for word in sys.argv[1:]:
    key, _, value = word.partition("=")
    if key == "firmware":
        sys.path.insert(0, value)
    elif key == "plant":
        for each in value.split(","):
            task, _, times = each.partition(":")
            plan[task] = int(times) or 1000000
    else:
        words.append(word)

# found only now that the folder is known
app = __import__("app")
queue = sys.modules["net.queue"]

FIRST = 10
turns = {}
sound_run = app.App.run


def planted(task):
    """Raise what is planted in this turn of a task."""
    turns[task] = turn = turns.get(task, 0) + 1
    if FIRST <= turn < FIRST + plan.get(task, 0):
        raise RuntimeError("planted in %s" % task)


def run(self, task, ms):
    planted(app._TASKS[task])
    sound_run(self, task, ms)


def plant_in_poll(kind):
    """… of a class of I/O queues."""
    sound_poll = kind.wait_io_event

    def poll(self, dt):
        planted("loop")
        sound_poll(self, dt)

    kind.wait_io_event = poll


app.App.run = run
plant_in_poll(queue.MeterQueue)
plant_in_poll(queue.WatchedQueue)
sys.exit(app.main(words))
