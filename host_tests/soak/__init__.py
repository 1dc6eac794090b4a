"""A million requests to one meter: nothing grows, and no energy is lost.

python -m host_tests.soak --requests 1000000        as `make soak REQUESTS=1000000`

run         the meter, its clients, and what is looked at meanwhile
household   the energy that the simulated household must have used
"""
