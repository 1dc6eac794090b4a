"""Long transfers: values longer than an APDU, outwards and inwards."""
