"""Client of ptahd, the team server for analog layout. Standard library only.

    import ptah
    with ptah.connect() as server:
        job = server.run(circuit="miller_ota", assignments=2, variants=3)
        for variant in job.variants():
            print(variant["record"]["pscore_V"])

`ptah.connect_async` gives the same with asyncio. Every method of the protocol (docs/protocol.md) is
reachable through `call`; the methods here are the ones that scripts need most.
"""
from .aio import AsyncJob, AsyncServer, connect_async
from .client import Job, Server, connect
from .protocol import Address, Disconnected, Event, PtahError, default_socket

__all__ = ["Address", "AsyncJob", "AsyncServer", "Disconnected", "Event", "Job", "PtahError", "Server", "connect",
           "connect_async", "default_socket"]
__version__ = "0.1.0"
