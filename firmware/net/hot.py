"""The way of every TCP request through this package: one door to the native
functions and to their plain twins.
"""

try:
    from net.hot_native import receive_one, serve_ready
except (SyntaxError, ImportError):
    from net.hot_plain import receive_one, serve_ready  # noqa: F401
