"""Where connections come in: the ASGI applications."""
