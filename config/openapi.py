"""What OpenAPI says beyond the code: a name and a sentence for each operation, where ids come from, examples."""

from typing import Any

from config.operations import OPERATIONS
from rest import examples

SHOW_ID = "A show's id: `id` in `GET /api/sessions?public=true`, or the address of its page, `/watch/<id>/`."
PRODUCT_ID = "A product's id: `id` in `GET /api/products?public=true`."
IDS = {
    ("products", "id"): PRODUCT_ID,
    ("bag", "id"): "A line's id: `id` in `GET /api/bag`.",
    ("sessions", "id"): SHOW_ID,
    ("sessions", "session_id"): SHOW_ID,
    ("sessions", "product_id"): PRODUCT_ID,
    ("sessions", "key"): "What stands behind `sess_` in a session's id, which `POST /api/sessions/create` answers.",
    ("sessions", "number"): "A part's number: `part` in the answer of `POST .../video`, or in a replay's `video`.",
    ("sessions", "slice"): "The slices of a part are numbered from 0 on.",
    ("sessions", "suffix"): "`webm` or `mp4`, as in the part's `url`.",
    ("chat", "id"): "A message's id: `id` in the answer of the chat.",
    ("moderation", "id"): "The `id` in the answer of the list.",
    ("moderation", "user_id"): "A user's id: `id` beside their name.",
    ("questions", "id"): "A question's id: `questionId` in the list.",
    ("reminders", "token"): "What the mail's link has; nobody else can guess it.",
    ("drops", "id"): "A drop's id: `id` in `GET /api/sessions/{session_id}/drops`.",
    ("claims", "id"): "A claim's id: `id` in the answer of `POST .../claims`.",
    ("shop-calls", "id"): "A call's id: `callId` in the answer of `POST /api/shop-calls`.",
    ("search", "creator"): "A user's id: `creatorId` of a show.",
    ("users", "id"): "A user's id: `id` in `GET /api/users`.",
    ("recordings", "note"): "A note's id: `id` in the answer of the recording's notes.",
    ("recordings", "id"): "A recording's id: `id` in `GET /api/recordings/`.",
    ("recordings", "part"): "Which of a recording's audio files: `part` in its `audio`.",
    ("recordings", "suffix"): "`webm` or `m4a`, as in the file's `path`.",
    ("", "id"): "A recording's id: `id` in `GET /sessions`.",
    ("support", "id"): "A conversation's id: `id` in `GET /api/support/conversations`.",
    ("analytics", "key"): "Whose: `user:` and a user's id, or `visitor:` and a guest's, as in the export.",
    ("rooms", "key"): "A room: `show:` and a show's id, `shopping:` and a session's id, or `lobby:main`.",
}
REFUSALS = {
    "401": "No token provided. Authentication required.",
    "403": "Insufficient permissions",
    "404": "Not found",
    "409": "User with this email already exists",
    "429": "Too many requests. Please try again later.",
}


def describe(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """drf-spectacular's hook: fills in what the views do not say themselves."""
    components = result["components"]["schemas"]
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            _describe(path.removeprefix("/api/"), method, operation, components)
    return result


def _describe(path: str, method: str, operation: dict[str, Any], components: dict[str, Any]) -> None:
    if named := OPERATIONS.get(path, {}).get(method):
        operation["operationId"], operation["summary"] = named
    for parameter in operation.get("parameters", ()):
        name = parameter["name"]
        noun = _noun(path, name)
        if parameter["in"] == "path" and (noun, name) in IDS:
            parameter["description"] = IDS[noun, name]
    for medium in operation.get("requestBody", {}).get("content", {}).values():
        medium["example"] = examples.of(medium["schema"], components)
    for status, answer in operation["responses"].items():
        words = _invalid(operation, components) if status == "400" else REFUSALS.get(status)
        for medium in answer.get("content", {}).values():
            body = examples.of(medium["schema"], components)
            medium["example"] = _refusal(body, words) if words else _success(body, status, method)


def _noun(path: str, name: str) -> str:
    """What an id in a path is of."""
    inner = next(
        (each for each in ("chat", "moderation", "questions", "drops/claims", "drops") if f"/{each}/" in path), ""
    )
    inner = inner.rpartition("/")[2]
    return inner if inner and name in ("id", "user_id") else path.partition("/")[0]


def _invalid(operation: dict[str, Any], components: dict[str, Any]) -> str:
    """What a request is refused with whose first demanded field is missing, or whose `limit` is out of bounds."""
    for medium in operation.get("requestBody", {}).get("content", {}).values():
        for name in examples.resolved(medium["schema"], components).get("required", ()):
            return f"{name[0].upper()}{name[1:]} is required"
    pages = any(parameter["name"] == "limit" for parameter in operation.get("parameters", ()))
    return "Limit must be between 1 and 100" if pages else "Invalid value"


def _refusal(body: dict[str, Any], words: str) -> dict[str, Any]:
    said = {"success": False, "message": words, "error": words}
    return {name: said.get(name, value) for name, value in body.items()}


def _success(body: Any, status: str, method: str) -> Any:
    """The words beside what was done are not those of a chat, which has a `message` too."""
    if not isinstance(body, dict) or not {"success", "message"} <= body.keys():
        return body
    done = "Created" if status == "201" else "Deleted" if method == "delete" else "Done"
    return {**body, "message": f"{done} successfully"}
