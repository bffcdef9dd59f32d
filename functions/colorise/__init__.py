"""The engine: a grey picture in, a coloured one out."""
