"""The meter's firmware as frozen modules; the manifest of every board includes this beside its own table of limits."""

freeze("../firmware")
