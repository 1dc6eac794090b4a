"""`make lint`: style, board compilation, the direction of imports, requirement ids.

python -m tools.upkeep.lint
"""
