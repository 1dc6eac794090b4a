"""Attributes asked for one after the other or in lists, each with an answer of its own: a value, a
refusal, or what was odd and its octets.

No odd answer spoils the others: what cannot be decoded, an unknown result, a wrong invoke-id, an
exception response or silence concerns the attribute that was asked for. Only a lost connection ends
the asking, and then the caller has what came before.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ..dlmsclient import (
    Association,
    Conformance,
    CosemAttribute,
    Data,
    DataAccessError,
    DataAccessResult,
    DlmsError,
    Obis,
    ProtocolError,
    ScalerUnit,
    Selection,
    ServiceFailure,
    ShortNameAssociation,
    Timeout,
)
from ..dlmsclient.cosem import SCALED_ATTRIBUTES

_LIST_SIZE = 10
_ATTRIBUTE_OCTETS = 10
_REQUEST_HEAD = 4
_SPOILT = 2  # lists that could not be used: the rest is asked for one by one
_SILENCES = 3  # in a row: nobody is there any longer
_SHOWN_OCTETS = 40
_REQUEST = re.compile(r"^(?:GET|Read) of [^:]*(?::\d[^:]*)?: ")
NOT_ASKED = "not asked"


@dataclass(frozen=True)
class Answer:
    """``data``, or the ``refusal``, or neither; ``remark``: what was odd, with the
    octets of it where they are known.
    """

    data: Data | None = None
    refusal: DataAccessResult | None = None
    remark: str = ""
    octets: bytes = b""
    silent: bool = False

    @property
    def text(self) -> str:
        """The remark and the octets, shortened for a reader."""
        return with_octets(self.remark, self.octets)


def with_octets(remark: str, octets: bytes) -> str:
    """What was odd, then the octets, of which the first are enough for a reader."""
    if not octets:
        return remark
    more = "…" if len(octets) > _SHOWN_OCTETS else ""
    return f"{remark}: {octets[:_SHOWN_OCTETS].hex().upper()}{more}"


def answer_of(error: DlmsError) -> Answer:
    """The answer that an error stands for; without the words that name the request."""
    octets = error.octets if isinstance(error, ProtocolError) else b""
    return Answer(remark=_REQUEST.sub("", str(error)), octets=octets, silent=isinstance(error, Timeout))


def ask(
    opened: Association, class_id: int, instance: Obis, attribute_id: int, selection: Selection | None = None
) -> Answer:
    """One attribute."""
    try:
        return Answer(opened.get(class_id, instance, attribute_id, selection))
    except DataAccessError as error:
        return Answer(refusal=error.code)
    except (ServiceFailure, ProtocolError, Timeout) as error:
        return answer_of(error)


def unit_of(answer: Answer) -> tuple[ScalerUnit | None, str]:
    """scaler_unit as answered, and what is odd about it; a refusal is not."""
    if answer.data is None:
        return None, f"scaler_unit: {answer.text}" if answer.remark else ""
    try:
        return ScalerUnit.from_data(answer.data), ""
    except ProtocolError:
        return None, with_octets(
            f"scaler_unit is {answer.data.tag.text}, must be structure of integer and enum", answer.data.encode()
        )


def ask_unit(opened: Association, class_id: int, instance: Obis, attribute_id: int) -> tuple[ScalerUnit | None, str]:
    """scaler_unit that applies to an attribute, None when none does or it may not
    be read; and what is odd about it.
    """
    attributes, source = SCALED_ATTRIBUTES.get(class_id, ((), 0))
    return unit_of(ask(opened, class_id, instance, source)) if attribute_id in attributes else (None, "")


def ask_all(
    opened: Association,
    attributes: Iterable[CosemAttribute],
    results: dict[CosemAttribute, Answer],
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> None:
    """Many attributes, in lists where the meter takes lists; each answer is
    entered into ``results`` as it comes.

    After some silences in a row the rest is not asked. With short names one silence is enough: an
    answer that comes late would be taken for the next, because it has no invoke-id.
    """
    wanted = list(dict.fromkeys(attributes))
    silences, spoilt, size = 0, 0, _list_size(opened)
    patience = 1 if isinstance(opened, ShortNameAssociation) else _SILENCES
    while len(results) < len(wanted) and silences < patience:
        chunk = wanted[len(results) : len(results) + size]
        answers = _list(opened, chunk) if len(chunk) > 1 else None
        if answers is None and len(chunk) > 1:
            spoilt += 1
            size = 1 if spoilt == _SPOILT else size
        for attribute, answer in answers or _singly(opened, chunk):
            results[attribute] = answer
            silences = silences + 1 if answer.silent else 0
            progress(len(results), len(wanted))
            if silences == patience:
                break
    for attribute in wanted[len(results) :]:
        results[attribute] = Answer(remark=f"{NOT_ASKED}: the meter is silent", silent=True)


def _singly(opened: Association, chunk: Sequence[CosemAttribute]) -> Iterator[tuple[CosemAttribute, Answer]]:
    for each in chunk:
        yield each, ask(opened, each.class_id, each.instance, each.attribute_id)


def _list(opened: Association, chunk: Sequence[CosemAttribute]) -> list[tuple[CosemAttribute, Answer]] | None:
    """The answers of one request for all; None when they are to be asked for one by
    one, which shows whose answer is odd.
    """
    try:
        results = opened.get_list(chunk)
    except (ServiceFailure, ProtocolError):
        return None
    except Timeout as error:
        return [(each, answer_of(error)) for each in chunk] if isinstance(opened, ShortNameAssociation) else None
    answers = [Answer(refusal=each) if isinstance(each, DataAccessResult) else Answer(each) for each in results]
    return list(zip(chunk, answers, strict=True))


def _list_size(opened: Association) -> int:
    negotiated = opened.negotiated
    if negotiated is None or Conformance.MULTIPLE_REFERENCES not in negotiated.conformance:
        return 1
    limit = negotiated.server_max_receive_pdu_size
    fits = (limit - _REQUEST_HEAD) // _ATTRIBUTE_OCTETS if limit else _LIST_SIZE
    return max(1, min(_LIST_SIZE, fits))
