"""Hostile endpoints and files: what they send, what drives them, and the properties that hold whatever they send.

A hostile endpoint is the reference endpoint whose answers are attacked on their way out, so that the attack reaches
deep into the judge. Layers from the inside out: values in JSON, events, JSON text, charset, content coding, headers,
status line, connection.
"""
