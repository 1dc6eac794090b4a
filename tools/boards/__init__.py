"""Getting the meter onto boards: flash an image, deploy the sources,
provision, build an image of one's own.

    python -m tools.boards flash     --board RPI_PICO_W --target id:E661… --image FILE
    python -m tools.boards deploy    --board RPI_PICO_W --target id:E661…
    python -m tools.boards provision --target id:E661… --ssid NETWORK
    python -m tools.boards firmware  --board RPI_PICO_W --top MICROPYTHON
    python -m tools.boards package   --check
    python -m tools.boards list

docs/BOARDS.md tells how they follow each other.
"""
