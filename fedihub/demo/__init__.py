"""`fedihub demo`: the product's story, played by two hubs on this machine, with everything that is sent and received.

Nothing is pretended: real sockets, real signatures, two databases, the hub's own workers. Each step is believed
only when its effect can be seen, so the demo is also a test (`fedihub demo --once`).
"""
