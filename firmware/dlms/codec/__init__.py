"""Octets in and out: numbers and strings of A-XDR and BER, the wrapper, the codes of answers."""
