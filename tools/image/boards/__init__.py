"""Getting the meter onto boards: flash an image, deploy the sources,
provision, build an image of one's own.

    python -m tools.image.boards flash     --board RPI_PICO_W --target id:E661… --image FILE
    python -m tools.image.boards deploy    --board RPI_PICO_W --target id:E661…
    python -m tools.image.boards provision --target id:E661… --ssid NETWORK
    python -m tools.image.boards firmware  --board RPI_PICO_W --top MICROPYTHON
    python -m tools.image.boards package   --check
    python -m tools.image.boards list

docs/BOARDS.md shows how they follow each other.
"""
