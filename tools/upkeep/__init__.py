"""What keeps the repository in order. A user of the meter or of the client needs none of it.

    lint          `make lint`: style, types, imports, compilation for boards, documents
    readme        the tables of docs/reference, from the code and a running meter
    profile       the generated parts of docs/PROFILE.md
    pictures      docs/pictures, from imports and tables
    pins          the pinned dependencies of pyproject.toml, as pip reads them
    venv.sh       makes the virtual environment from them

These tools may use all others. None of the others uses them.
"""
