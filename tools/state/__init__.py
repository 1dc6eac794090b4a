"""Show, check and export what a meter keeps: the file of `make run`,
or the copy of a board's flash.

python -m tools.state show FILE
python -m tools.state check FILE
python -m tools.state export FILE --output store.json

The file is opened for reading alone, and the modules that read it are the firmware's own.
"""
