"""The core of the host tests: which meter is tested, how it is started, what it may be asked to do."""
