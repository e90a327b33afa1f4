"""Faults of the Models API.

Belongs here: the list of models, its pages, and single models. Does not belong here: models that do not exist in
message requests (see `errors`).
"""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import ClassVar

from conformance.reference.answer import Answer, Call
from conformance.reference.faults.base import Data, Fault, because
from conformance.reference.pipeline import Desk, Steps


class _PageFault(Fault):
    """Changes pages of the list."""

    def edit(self, page: Data) -> None:
        """Changes the page in place."""
        raise NotImplementedError

    def install(self, steps: Steps) -> Steps:
        def pages(call: Call, desk: Desk, all_steps: Steps) -> Answer:
            answer = steps.list_models(call, desk, all_steps)
            page = copy.deepcopy(answer.body)
            self.edit(page)
            return replace(answer, body=page)

        return replace(steps, list_models=pages)


class _EntryFault(_PageFault):
    """Changes the entries of the list and single models in the same way."""

    def change(self, entry: Data) -> None:
        """Changes the entry in place."""
        raise NotImplementedError

    def edit(self, page: Data) -> None:
        for entry in page["data"]:
            self.change(entry)

    def install(self, steps: Steps) -> Steps:
        def one(call: Call, desk: Desk, all_steps: Steps) -> Answer:
            answer = steps.get_model(call, desk, all_steps)
            entry = copy.deepcopy(answer.body)
            self.change(entry)
            return replace(answer, body=entry)

        return replace(super().install(steps), get_model=one)


class ModelsDataMissing(_PageFault):
    """Lists models under models in place of data."""

    collateral = because("an answer without data is no list", "transport-sibling-endpoints")

    def edit(self, page: Data) -> None:
        page["models"] = page.pop("data")


class ModelsListOfAnotherApi(_PageFault):
    """Lists models in the form of another API."""

    collateral = because("the other form has neither cursors nor capabilities", "models-*")

    def edit(self, page: Data) -> None:
        entries = [
            {"id": entry["id"], "object": "model", "created": 1760000000, "owned_by": "system"}
            for entry in page["data"]
        ]
        page.clear()
        page.update({"object": "list", "data": entries})


class ModelsCursorsMissing(_PageFault):
    """Lists models without first_id and last_id."""

    def edit(self, page: Data) -> None:
        del page["first_id"], page["last_id"]


class ModelsCursorsWrong(_PageFault):
    """Takes first_id and last_id from the other end of the page."""

    def edit(self, page: Data) -> None:
        page["first_id"], page["last_id"] = page["last_id"], page["first_id"]


class ModelsEntryIncomplete(_PageFault):
    """Lists models without their display names."""

    def edit(self, page: Data) -> None:
        for entry in page["data"]:
            del entry["display_name"]


class ModelsCreatedAtAsNumber(_EntryFault):
    """Dates models by seconds since 1970."""

    def change(self, entry: Data) -> None:
        entry["created_at"] = 1760000000


class ModelsListedTwice(_PageFault):
    """Lists the last model of a long page twice."""

    def edit(self, page: Data) -> None:
        page["data"] += page["data"][-1:] if len(page["data"]) > 1 else []


class ModelsLimitAsString(_EntryFault):
    """Gives the limits of models as strings."""

    def change(self, entry: Data) -> None:
        entry["max_tokens"] = str(entry["max_tokens"])


class ModelsCapabilityWithoutSupported(_EntryFault):
    """Says yes or no to a capability without an object around it."""

    def change(self, entry: Data) -> None:
        entry["capabilities"]["batch"] = {}


class ModelsOldestFirst(_PageFault):
    """Lists old models before new ones."""

    def edit(self, page: Data) -> None:
        page["data"].reverse()
        page["first_id"], page["last_id"] = page["last_id"], page["first_id"]


class ModelsTestedModelAbsent(_PageFault):
    """Does not list the models of its newest release."""

    def edit(self, page: Data) -> None:
        page["data"] = [entry for entry in page["data"] if entry["id"] != "reference-1"]


class _QueryFault(Fault):
    """Does not hear query parameters of the list."""

    names: ClassVar[tuple[str, ...]]

    def install(self, steps: Steps) -> Steps:
        def pages(call: Call, desk: Desk, all_steps: Steps) -> Answer:
            heard = tuple(pair for pair in call.query if pair[0] not in self.names)
            return steps.list_models(replace(call, query=heard), desk, all_steps)

        return replace(steps, list_models=pages)


class ModelsLimitIgnored(_QueryFault):
    """Lists all models, whatever the limit is."""

    names = ("limit",)


class ModelsAfterIdIgnored(_QueryFault):
    """Lists from the start, whatever after_id is."""

    names = ("after_id",)


class ModelsBeforeIdIgnored(Fault):
    """Lists from the end, whatever before_id is."""

    def install(self, steps: Steps) -> Steps:
        def pages(call: Call, desk: Desk, all_steps: Steps) -> Answer:
            if not call.parameters("before_id"):
                return steps.list_models(call, desk, all_steps)
            whole = steps.list_models(replace(call, query=()), desk, all_steps)
            last = whole.body["data"][-1:]
            ends = {"first_id": last[0]["id"], "last_id": last[0]["id"]}
            return replace(whole, body={**whole.body, "data": last, **ends, "has_more": True})

        return replace(steps, list_models=pages)


class ModelRetrieveMissing(Fault):
    """Answers a single model with the page that it stands in."""

    def install(self, steps: Steps) -> Steps:
        return replace(
            steps, get_model=lambda call, desk, all_steps: _page_of_one(steps.get_model(call, desk, all_steps))
        )


class ModelRetrieveDiffers(Fault):
    """Tells another limit for a single model than the list does."""

    def install(self, steps: Steps) -> Steps:
        def one(call: Call, desk: Desk, all_steps: Steps) -> Answer:
            answer = steps.get_model(call, desk, all_steps)
            return replace(answer, body={**answer.body, "max_input_tokens": 8192})

        return replace(steps, get_model=one)


class ModelRetrieveChanges(Fault):
    """Adds to a single model how often it was asked for."""

    def install(self, steps: Steps) -> Steps:
        def one(call: Call, desk: Desk, all_steps: Steps) -> Answer:
            answer = steps.get_model(call, desk, all_steps)
            return replace(answer, body={**answer.body, "revision": desk.new_id("rev")})

        return replace(steps, get_model=one)


class ModelUnknownAnswered(Fault):
    """Makes up a model for any id."""

    def install(self, steps: Steps) -> Steps:
        def one(call: Call, desk: Desk, all_steps: Steps) -> Answer:
            known = replace(call, path="/v1/models/reference-latest")
            made = steps.get_model(known, desk, all_steps).body
            name = call.path.removeprefix("/v1/models/")
            if any(name == model.id or name in model.aliases for model in desk.settings.models):
                return steps.get_model(call, desk, all_steps)
            return Answer(body={**made, "id": name})

        return replace(steps, get_model=one)


def _page_of_one(answer: Answer) -> Answer:
    return replace(answer, body={"data": [answer.body], "has_more": False})
