"""What waits for the same model while its processes are busy is handed to it together."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from khosq.speech import hearing
from khosq.speech.decoding import Part
from khosq.speech.devices import CPU, Use
from khosq.speech.hearing import Answer
from khosq.speech.processes import ModelProcesses
from khosq.speech.resolution import ModelChoice
from khosq.transcript.timespan import Seconds

_Model = tuple[ModelChoice, tuple[str, ...]]
"""With the words and names that it is told to expect."""


@dataclass(eq=False, slots=True)
class _Piece:
    """Somebody's wish to have something heard."""

    model: _Model
    part: Part
    within: Seconds
    answer: asyncio.Future[Answer]
    is_alone: bool = False
    """It was in a batch that brought its process down, and is tried by itself now."""


class Batches:
    """Recognition in model processes, in the order in which it was asked for; belongs to one event loop at a time.

    Each engine says how many chunks it digests at once. Where several pieces of any jobs wait for it, it gets as many
    of them as it digests, but leaves the other processes their share.
    """

    def __init__(self, processes: ModelProcesses, *, ends_abandoned: bool = True) -> None:
        """Prepare to use some processes.

        Args:
            processes: where the models are.
            ends_abandoned: end the process that hears what nobody wants any more; worth it where hearing takes longer
                than loading the model again.

        """
        self._processes = processes
        self._ends_abandoned = ends_abandoned
        self._waiting: deque[_Piece] = deque()
        self._at_work: set[asyncio.Task[None]] = set()
        self._digests: dict[ModelChoice, int] = {}
        """Chunks, as the engine said when it was last used."""

    async def recognize(
        self, choice: ModelChoice, part: Part, hotwords: Sequence[str] = (), *, within: Seconds
    ) -> Answer:
        """Return the words of each of some chunks of one channel.

        Raises:
            EngineFailed: they cannot be heard, or it took longer than ``within`` seconds.

        """
        piece = _Piece((choice, tuple(hotwords)), part, within, asyncio.get_running_loop().create_future())
        self._waiting.append(piece)
        self._send()
        try:
            return await piece.answer
        finally:
            if piece in self._waiting:
                self._waiting.remove(piece)

    def _send(self) -> None:
        """Let every free process begin."""
        while self._waiting and len(self._at_work) < self._processes.slots:
            task = asyncio.create_task(self._work(self._gather()))
            self._at_work.add(task)
            task.add_done_callback(self._at_work.discard)
            task.add_done_callback(lambda _: self._send())

    def _gather(self) -> list[_Piece]:
        """Take what has waited longest, with others for the same model as far as they fit in."""
        first = self._waiting.popleft()
        batch = [first]
        if first.is_alone:
            return batch
        alike = [piece for piece in self._waiting if piece.model == first.model and not piece.is_alone]
        share = math.ceil((len(alike) + 1) / self._processes.slots)
        room = self._digests.get(first.model[0], 1) - len(first.part.chunks)
        for piece in alike:
            if len(batch) < share and len(piece.part.chunks) <= room:
                room -= len(piece.part.chunks)
                batch.append(piece)
                self._waiting.remove(piece)
        return batch

    async def _work(self, batch: Sequence[_Piece]) -> None:
        """Have a batch heard; it is given up when all who wanted it are gone, and only then."""
        model, parts = batch[0].model, [piece.part for piece in batch]
        within = max(piece.within for piece in batch)  # no more: one that hangs must not hold up the rest for long
        task = asyncio.create_task(self._processes.run(hearing.recognize_parts, *model, parts, within=within))

        def give_up(_: object) -> None:
            if all(piece.answer.cancelled() for piece in batch):
                task.cancel()

        if self._ends_abandoned:
            for piece in batch:
                piece.answer.add_done_callback(give_up)
        await asyncio.wait([task])
        if task.cancelled():
            return
        if error := task.exception():
            self._failed(batch, error)
            return
        heard = task.result()
        self._digests[model[0]] = heard.batch
        for piece, answer in zip(batch, heard.answers, strict=True):
            _give(piece, answer)

    def _failed(self, batch: Sequence[_Piece], error: BaseException) -> None:
        """Tell the only one; try several again, each alone, since one of them may have brought the process down."""
        if len(batch) == 1:
            _give(batch[0], error)
            return
        for piece in reversed(batch):
            if not piece.answer.done():
                piece.is_alone = True
                self._waiting.appendleft(piece)


def _give(piece: _Piece, answer: Answer | BaseException) -> None:
    if piece.answer.done():
        return
    if isinstance(answer, BaseException):
        piece.answer.set_exception(answer)
    else:
        piece.answer.set_result(answer)


class Recognition:
    """Sends each model's work to the processes of its device."""

    def __init__(
        self, processes: ModelProcesses, *, gpu: ModelProcesses | None = None, uses: Mapping[str, Use] | None = None
    ) -> None:
        """Prepare to use processes.

        Args:
            processes: for models that compute on the CPU.
            gpu: for those that compute on a GPU; one process, since each would hold the model in the GPU's memory.
            uses: what each engine computes on.

        """
        self._uses = uses or {}
        self._on_cpu = Batches(processes)
        self._on_gpu = Batches(gpu or processes, ends_abandoned=gpu is None)

    async def recognize(
        self, choice: ModelChoice, part: Part, hotwords: Sequence[str] = (), *, within: Seconds
    ) -> Answer:
        """Return the words of each of some chunks of one channel.

        Raises:
            EngineFailed: they cannot be heard, or it took longer than ``within`` seconds.

        """
        placed = _on_its_device(choice, self._uses)
        batches = self._on_gpu if _is_on_gpu(placed) else self._on_cpu
        return await batches.recognize(placed, part, hotwords, within=within)


def _on_its_device(choice: ModelChoice, uses: Mapping[str, Use]) -> ModelChoice:
    """Return the choice with the device among the engine's settings, unless they name one."""
    use = uses.get(choice.engine)
    if use is None or not use.is_gpu or "device" in dict(choice.settings):
        return choice
    return replace(choice, settings=(*choice.settings, ("device", use.device)))


def _is_on_gpu(choice: ModelChoice) -> bool:
    """Tell whether the engine of this choice is told to compute on a GPU."""
    return str(dict(choice.settings).get("device", CPU)) != CPU
