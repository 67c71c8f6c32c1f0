"""The asyncio client: any number of requests and jobs at once on one connection."""
from __future__ import annotations

import asyncio
import contextlib
import os
from typing import Any, AsyncIterator, Dict, Generator, List, Mapping, Optional, Set, Union

from .protocol import (MAX_LINE, Address, Disconnected, Event, Json, PathLike, PtahError, check_folder, check_hello,
                       check_peer, circuit_fields, event_of, hello_params, layout_param, make_address, parse_line, put_steps,
                       read_steps, request_line, result_of, run_params, start_daemon)


async def connect_async(socket: Optional[PathLike] = None, *, host: str = "127.0.0.1", port: int = 0, token: str = "",
                        start: bool = True, program: Optional[PathLike] = None) -> "AsyncServer":
    """As `ptah.connect`."""
    address = make_address(socket, host, port, token)
    server = AsyncServer(address)
    try:
        await server._open()
    except Disconnected:
        if not start or address.socket is None:
            raise
        await asyncio.get_running_loop().run_in_executor(None, start_daemon, address, program)
        await server._open()
    return server


class AsyncServer:
    """A connection to ptahd; made by `connect_async`."""

    def __init__(self, address: Address):
        self.address = address
        self.hello: Json = {}
        self._next_id = 1
        self._waiting: Dict[int, "asyncio.Future[Json]"] = {}
        self._queues: Dict[str, Set["asyncio.Queue[Optional[Event]]"]] = {}
        self._gone: Optional[Disconnected] = None

    async def _open(self) -> None:
        if self.address.socket is not None:
            check_folder(self.address.socket)
        try:
            if self.address.socket is not None:
                streams = asyncio.open_unix_connection(os.fspath(self.address.socket), limit=MAX_LINE)
            else:
                streams = asyncio.open_connection(self.address.host, self.address.port, limit=MAX_LINE)
            self._reader, self._writer = await streams
        except OSError as error:
            raise Disconnected(f"No ptahd answers: {error.strerror or error}.", str(self.address)) from None
        if self.address.socket is not None:
            try:
                check_peer(self._writer.get_extra_info("socket"), self.address)
            except PtahError:
                self._writer.close()
                raise
        self._task = asyncio.get_running_loop().create_task(self._read())
        self.hello = check_hello(await self.call("server.hello", **hello_params(self.address)))

    async def __aenter__(self) -> "AsyncServer":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        self._writer.close()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._end(Disconnected("The connection was closed.", str(self.address)))

    async def _read(self) -> None:
        problem = Disconnected("ptahd has closed the connection.", str(self.address))
        try:
            while line := await self._reader.readline():
                message = parse_line(line)
                if "method" in message:
                    event = event_of(message)
                    for queue in self._queues.get(event.params.get("job", ""), ()):
                        queue.put_nowait(event)
                else:
                    future = self._waiting.pop(message.get("id", 0), None)
                    if future is not None and not future.done():
                        future.set_result(message)
        except (OSError, ValueError, Disconnected) as error:
            problem = error if isinstance(error, Disconnected) else Disconnected(str(error), str(self.address))
        self._end(problem)

    def _end(self, problem: Disconnected) -> None:
        self._gone = self._gone or problem
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(problem)
        self._waiting.clear()
        for queues in self._queues.values():
            for queue in queues:
                queue.put_nowait(None)

    async def call(self, method: str, **params: Any) -> Any:
        """One request and its answer. Cancelling the task cancels the request in the daemon."""
        if self._gone:
            raise self._gone
        number = self._next_id
        self._next_id += 1
        future: "asyncio.Future[Json]" = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        try:
            self._writer.write(request_line(number, method, params))
            await self._writer.drain()
            return result_of(await future)
        except asyncio.CancelledError:
            self._waiting.pop(number, None)
            if not self._gone:
                self._writer.write(request_line(0, "server.cancel", {"id": number}))
            raise
        except OSError as error:
            raise Disconnected(f"ptahd has gone: {error.strerror or error}.", str(self.address)) from None

    async def circuits(self) -> List[Json]:
        return (await self.call("library.circuits"))["result"]["circuits"]

    async def status(self) -> Json:
        return await self.call("server.status")

    async def run(self, *, out: Optional[PathLike] = None, job: Optional[str] = None, library: str = "work",
                  **spec: Any) -> "AsyncJob":
        return AsyncJob(self, (await self.call("flow.run", **run_params(spec, out, job, library)))["job"])

    def job(self, name: str) -> "AsyncJob":
        return AsyncJob(self, name)

    async def score(self, layout: Union[PathLike, bytes], *, circuit: str = "", **more: Any) -> Json:
        if circuit:
            more["circuit"] = circuit
        return await self.call("score.layout", layout=layout_param(layout), **circuit_fields(more))

    async def score_placement(self, placement: List[Mapping[str, Any]], *, circuit: str, **more: Any) -> Json:
        return await self.call("score.placement", placement=[dict(item) for item in placement], circuit=circuit,
                                      **circuit_fields(more))


    async def put_file(self, path: PathLike) -> str:
        """Sends a file, as Server.put_file does."""
        return await self._steps("store.put", put_steps(path))

    async def read_file(self, name: str, out: PathLike) -> None:
        await self._steps("store.read", read_steps(name, out))

    async def _steps(self, method: str, steps: Generator[Json, Json, Any]) -> Any:
        with contextlib.closing(steps):
            try:
                params = next(steps)
                while True:
                    params = steps.send(await self.call(method, **params))
            except StopIteration as end:
                return end.value


class AsyncJob:
    """A job of the daemon. It goes on whether or not anybody looks."""

    def __init__(self, server: AsyncServer, name: str):
        self.server = server
        self.name = name

    async def get(self) -> Json:
        return await self.server.call("job.get", job=self.name)

    async def cancel(self) -> str:
        return (await self.server.call("job.cancel", job=self.name))["state"]

    async def wait(self) -> Json:
        """The job when it has finished. A failed job raises its error."""
        job = await self.server.call("job.wait", job=self.name)
        if job["state"] == "failed":
            result_of({"error": {"data": job.get("error") or {}}})
        return job

    async def events(self, after: int = 0) -> AsyncIterator[Event]:
        """Its events after number `after`, as they come; ends with "job.finished". Several may listen at once."""
        queue: "asyncio.Queue[Optional[Event]]" = asyncio.Queue()
        queues = self.server._queues.setdefault(self.name, set())
        queues.add(queue)
        last, finished = after, False
        try:
            await self.server.call("job.subscribe", job=self.name, after=after)
            while True:
                event = await queue.get()
                if event is None:
                    raise self.server._gone or Disconnected("The connection was closed.")
                if event.number <= last:
                    continue  # another listener's replay
                last, finished = event.number, event.name == "job.finished"
                yield event
                if finished:
                    return
        finally:
            queues.discard(queue)
            if not queues and self.server._queues.pop(self.name, None) is not None and not finished:
                with contextlib.suppress(PtahError):
                    await self.server.call("job.unsubscribe", job=self.name)

    async def variants(self) -> AsyncIterator[Json]:
        """Its layouts as they are finished; a failed job raises its error after them."""
        async for event in self.events():
            if event.name == "variant.ready":
                variant = event.params
                if variant.get("cut"):
                    variant = await self.server.call("variant.get", job=self.name, chain=variant["chain"],
                                                     variant=variant["variant"])
                yield variant
            elif event.name == "job.finished" and event.params.get("error"):
                result_of({"error": {"data": event.params["error"]}})
