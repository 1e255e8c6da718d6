"""Records of Argilla: the nested JSON of ``to_json``, and the flat columns of ``to_datasets`` and the hub.

Suggestions are a model's labels, responses people's. Only submitted responses count; the nested form doesn't say which
were.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from judgebench.labels.importers.export import Export, Label
from judgebench.labels.importers.values import blank, listed, together

if TYPE_CHECKING:
    from collections.abc import Iterator

    from judgebench.labels.importers.probe import Probe

_RESPONSES, _USERS, _STATUS = ".responses", ".responses.users", ".responses.status"
_DROPPED = "drafts and discarded responses, left out"


def recognise(probe: Probe) -> str:
    """Look for records with fields and responses, or columns of responses and their users."""
    record = probe.record
    if isinstance(record.get("fields"), dict) and isinstance(record.get("responses"), (dict, list)):
        return "records with fields and responses"
    users = [name for name in probe.columns if name.endswith(_USERS)]
    return f"columns such as {users[0]}" if users else ""


def read(probe: Probe) -> Export:
    """Read records, responses and suggestions."""
    return _nested(probe) if isinstance(probe.record.get("fields"), dict) else _flat(probe)


def _nested(probe: Probe) -> Export:
    export = Export()
    dropped, blind = 0, False
    for place, record in enumerate(probe.records(), 1):
        item = str(record.get("id") or record.get("_server_id") or place)
        export.items[item] = {
            **record["fields"],
            **{f"metadata.{k}": v for k, v in (record.get("metadata") or {}).items()},
        }
        responses = record.get("responses") or {}
        if isinstance(responses, dict):
            blind = True
            export.labels += [
                Label(item, question, str(answer.get("user_id")), _value(answer.get("value")))
                for question, answers in responses.items()
                for answer in answers
            ]
        else:
            submitted = [one for one in responses if one.get("status") in {None, "submitted"}]
            dropped += len(responses) - len(submitted)
            export.labels += _of_people(item, submitted)
        suggestions = record.get("suggestions") or {}
        for question, one in suggestions.items() if isinstance(suggestions, dict) else ():
            if isinstance(one, dict) and one.get("value") is not None:
                agent = str(one.get("agent") or "suggestion")
                export.labels.append(Label(item, question, agent, _value(one["value"]), "judge"))
    export.count(_DROPPED, dropped)
    if blind:
        export.notes.append("this form doesn't say which responses are drafts or discarded; to_datasets does")
    return export


def _of_people(item: str, responses: list[dict[str, Any]]) -> Iterator[Label]:
    """Read Argilla 1: a response per person, with all questions."""
    for one in responses:
        for question, answer in (one.get("values") or {}).items():
            value = answer.get("value") if isinstance(answer, dict) else answer
            yield Label(item, question, str(one.get("user_id")), _value(value))


def _flat(probe: Probe) -> Export:
    export = Export()
    questions = [name.removesuffix(_USERS) for name in probe.columns if name.endswith(_USERS)]
    own = tuple(f"{question}." for question in questions)
    dropped = 0
    for place, row in enumerate(probe.rows(), 1):
        item = str(row.get("id") or row.get("_server_id") or place)
        export.items[item] = {name: value for name, value in row.items() if not name.startswith(own) and name != "id"}
        for question in questions:
            users, states = listed(row.get(question + _USERS)), listed(row.get(question + _STATUS))
            for at, value in enumerate(listed(row.get(question + _RESPONSES))):
                if at < len(states) and states[at] != "submitted":
                    dropped += 1
                    continue
                who = str(users[at]) if at < len(users) else f"user {at + 1}"
                export.labels.append(Label(item, question, who, _value(value)))
            if not blank(value := row.get(f"{question}.suggestion")):
                agent = str(row.get(f"{question}.suggestion.agent") or "suggestion")
                export.labels.append(Label(item, question, agent, _value(value), "judge"))
    export.count(_DROPPED, dropped)
    return export


def _value(value: Any) -> Any:
    """Join the labels of a choice of several; rankings and spans stay as they are."""
    return value if isinstance(value, list) and any(isinstance(one, dict) for one in value) else together(value)
