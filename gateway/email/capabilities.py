"""What mail can carry: everything but what needs the reader's program to talk back."""

from gateway.core.messages import ANY, Capabilities

MAIL = Capabilities(styles=True, markdown=True, photos=ANY, takes=26_214_400, threads=True, unasked=True, kept=True)
