"""Modals and home tabs as somebody fills them in and presses what is in them."""

import asyncio

from tests.fakes.slack_text import shown, typed
from tests.fakes.slack_world import World
from tests.fakes.wire import Json

Answered = asyncio.Task[Json | None]
TRIGGER_SECONDS = 3.0


class Viewer:
    """A person before modals and the home tab."""

    def __init__(self, world: World, user_id: str) -> None:
        self.id = user_id
        self._world = world

    @property
    def view(self) -> Json | None:
        """The modal on top, if one is open."""
        stack = self._world.views.get(self.id)
        return stack[-1] if stack else None

    def close_view(self) -> None:
        """They close all modals."""
        self._world.views.pop(self.id, None)

    @property
    def home(self) -> Json | None:
        """The app's home tab as published for them."""
        return self._world.homes.get(self.id)

    def open_home(self) -> Answered:
        moment = self._world.ts()
        event = {
            "type": "app_home_opened",
            "user": self.id,
            "channel": self._world.dm(self.id).id,
            "tab": "home",
            "event_ts": moment,
        }
        return self._world.tell(event | ({"view": self.home} if self.home else {}))

    def press_home(self, label: str, *, near: str = "", option: str = "") -> Answered:
        """They press a button of the home tab, or choose an `option` of a menu there: the first below the text `near`."""
        home = self.home or {"blocks": []}
        block, element = found_element(home, label, near)
        action = {"type": element["type"], "action_id": element["action_id"], "block_id": block["block_id"]}
        action |= {"action_ts": self._world.ts()} | chosen(element, option)
        about = interaction(self._world, "block_actions", self.id) | {"actions": [action], "view": home}
        return self._world.delivery.carry("interactive", about | {"container": {"type": "view", "view_id": home["id"]}})

    async def submit(self, values: dict[str, str | Json], *, clicks: int = 1) -> dict[str, str]:
        """Fills in the top modal by action_id and submits it, perhaps by a double click; the faults the app found, by block_id.

        Fields that are not named hold what the modal was opened with.
        """
        view = self.view
        if view is None:
            raise AssertionError("no modal is open")
        sent = view | {"state": {"values": filled(view, values)}}
        answers = [
            self._world.delivery.carry(
                "interactive",
                interaction(self._world, "view_submission", self.id) | {"response_urls": [], "view": sent},
            )
            for _ in range(clicks)
        ]
        first, *_ = [self._after_submit(view, await one) for one in answers]
        return first

    def _after_submit(self, view: Json, answer: Json | None) -> dict[str, str]:
        if answer is None:
            return {"": "We had some trouble connecting. Try again?"}
        stack = self._world.views[self.id]
        match answer.get("response_action"):
            case "errors":
                return dict(answer["errors"])
            case "update":
                stack[-1] = view | answer["view"]
            case "push":
                stack.append(view | answer["view"])
            case "clear":
                stack.clear()
            case _ if view in stack:
                stack.remove(view)
        self._world.bell.ring()
        return {}

    async def wait_for_home(self, *words: str, without: str = "", timeout: float = 20) -> str:
        """The words of their home tab once all of these are in it, and not those."""

        def look() -> str | None:
            text = read(self.home or {})
            return text if all(one in text for one in words) and not (without and without in text) else None

        found = await self._world.bell.until(look, timeout)
        if found is None:
            raise AssertionError(
                f"Waited {timeout} s for {words!r} without {without!r}. The home shows:\n{shown(self.home or {})}"
            )
        return found


def interaction(world: World, kind: str, user_id: str) -> Json:
    """What every interactive payload begins with."""
    user = world.users[user_id]
    return {
        "type": kind,
        "team": {"id": world.team["id"], "domain": world.team["domain"]},
        "user": {"id": user_id, "username": user["name"], "name": user["name"], "team_id": world.team["id"]},
        "api_app_id": world.app.app_id,
        "token": "legacy",
        "trigger_id": trigger(world, user_id),
        "enterprise": {"id": world.organisation, "name": "The Whole"} if world.organisation else None,
        "is_enterprise_install": world.as_whole,
    }


def trigger(world: World, user_id: str) -> str:
    """A trigger_id, good for one views.open within three seconds."""
    name = f"{world.number()}.{world.team['id']}.{user_id.lower()}"
    world.triggers[name] = (user_id, world.clock().timestamp() + TRIGGER_SECONDS)
    return name


def read(view: Json) -> str:
    """The words of a view as they are read: without the joiners that no eye sees."""
    return shown(view).replace("\u2060", "")


def filled(view: Json, values: dict[str, str | Json]) -> Json:
    """The state of a modal with these values by action_id; fields that are not named hold what they were opened with."""
    state: Json = {}
    for block in view["blocks"]:
        element = block.get("element")
        if element is None:
            continue
        value = values.get(element["action_id"])
        state[block["block_id"]] = {
            element["action_id"]: value
            if isinstance(value, dict)
            else {"type": element["type"]} | _value(element, value)
        }
    return state


def _value(element: Json, value: str | None) -> Json:
    match element["type"]:
        case "rich_text_input":
            if value is None:
                return {"rich_text_value": element["initial_value"]} if "initial_value" in element else {}
            blocks = typed(value)[1]
            return {"rich_text_value": blocks[0]} if blocks else {}
        case "radio_buttons" | "static_select":
            options = {one["value"]: one for one in element["options"]}
            return {"selected_option": options[value] if value is not None else element.get("initial_option")}
    return {"value": value if value is not None else element.get("initial_value")}


def found_element(view: Json, label: str, near: str) -> tuple[Json, Json]:
    """The block and the button or menu with this label or action_id, the first one in or below the text `near`."""
    reached = not near
    for block in view["blocks"]:
        reached = reached or near in read({"blocks": [block]})
        for element in [*block.get("elements", []), block.get("accessory", {})] if reached else []:
            if label in (
                element.get("text", {}).get("text") if element.get("type") == "button" else "",
                element.get("action_id"),
            ):
                return block, element
    raise AssertionError(f"no {label!r} near {near!r} in:\n{shown(view)}")


def chosen(element: Json, option: str) -> Json:
    """What an action says of the button pressed or the option chosen."""
    if element["type"] == "button":
        return {"text": element["text"], "value": element.get("value", "")}
    [one] = [one for one in element["options"] if option in (one["value"], one["text"]["text"])]
    return {"selected_option": one}
