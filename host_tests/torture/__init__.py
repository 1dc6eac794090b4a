"""The power-cut proof: `python -m host_tests.torture`, which is what `make torture` runs."""
