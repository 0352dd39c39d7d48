"""Examples for the generated documents, made from their schemas: a field of one name has one value everywhere."""

import copy
from typing import Any

Schema = dict[str, Any]

SHOW, PRODUCT, MESSAGE = (
    "0b5d4b2a-6c1e-4f58-9a57-3f0e8a4d2c11",
    "5e0c3c7e-8f0d-4d7c-b3f6-92a1d7a6e4b0",
    "9c7d1f34-2b8a-4e0f-8b6e-d1a5c4f3e297",
)
PARTY, MOMENT = "sess_V1StGXR8_Z", "2030-01-31T19:00:00.000Z"
# By the name of the field. Where the schema of one does not allow its value, its format or type decides.
VALUES: dict[str, list[Any]] = {
    "title": ["An evening at the pottery"],
    "name": ["Stoneware teapot", "Noa"],
    "productName": ["Stoneware teapot"],
    "description": ["Holds 0.9 litres and pours without a drop beside the cup."],
    "category": ["Table"],
    "tags": [["pottery", "tea"]],
    "price": ["68.00", 68],
    "originalPrice": ["80.00", 80],
    "url": ["https://shop.example/teapot"],
    "sku": ["teapot-9"],
    "stock": [12],
    "options": [[{"name": "Size", "value": "M"}]],
    "imageUrl": ["https://shop.example/teapot.jpg"],
    "image": ["https://shop.example/teapot.jpg"],
    "username": ["noa"],
    "userName": ["Noa"],
    "customerName": ["Noa"],
    "hostName": ["Noa"],
    "email": ["noa@example.com"],
    "password": ["stoneware-and-tea"],
    "role": ["viewer"],
    "about": ["Stoneware teapot"],
    "message": ["Does the teapot survive a dishwasher?"],
    "content": ["Does the teapot survive a dishwasher?"],
    "text": ["Does the teapot survive a dishwasher?"],
    "status": ["live"],
    "sessionStatus": ["live"],
    "sessionId": [SHOW, PARTY],
    "showId": [SHOW],
    "streamId": [SHOW],
    "productId": [PRODUCT],
    "activeProductId": [PRODUCT],
    "productIds": [[PRODUCT]],
    "messageId": [MESSAGE],
    "streamUrl": ["https://cdn.example/show/index.m3u8"],
    "timeZone": ["Europe/Berlin"],
    "cover": ["https://shop.example/pottery.jpg"],
    "language": ["en"],
    "streamKey": ["rtmp-key-1"],
    "inviteLink": [f"https://shop.example/join/{PARTY}"],
    "accessToken": ["eyJhbGciOiJIUzI1NiJ9.e30.signature"],
    "refreshToken": ["eyJhbGciOiJIUzI1NiJ9.e30.signature"],
    "token": ["eyJhbGciOiJIUzI1NiJ9.e30.signature"],
    "ticket": ["Zm9yIG9uZSBzb2NrZXQ"],
    "expiresIn": [60],
    "op": ["send-1"],
    "userId": [12, "V1StGXR8_Z5jdHi6"],
    "creatorId": [7],
    "sellerId": [7],
    "creator_id": [7],
    "matchId": ["consultation-7"],
    "participants": [["noa", "shop"]],
    "room": [f"show:{SHOW}"],
    "key": [f"show:{SHOW}", "V1StGXR8_Z"],
    "epoch": ["0f3a9c", 1],
    "seq": [41],
    "after": [40],
    "limit": [20],
    "offset": [0],
    "before": ["41"],
    "reaction": ["heart"],
    "kind": ["heart"],
    "code": ["rate_limited"],
    "ok": [True],
    "success": [True],
    "orderId": ["1001"],
    "refundId": ["1001-1"],
    "currency": ["EUR"],
    "guest": ["V1StGXR8.guest.token"],
    "webhook-signature": ["v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="],
    "payload": [{"eventType": "NAVIGATE", "url": "/products/teapot"}],
    "metadata": [{"from": "the newsletter"}],
    "offer": [{"type": "offer", "sdp": "v=0\r\n"}],
    "answer": [{"type": "answer", "sdp": "v=0\r\n"}],
    "candidate": [{"candidate": "candidate:1 1 udp 1 192.0.2.7 50000 typ host", "sdpMid": "0", "sdpMLineIndex": 0}],
    "signal": [{"type": "offer", "sdp": "v=0\r\n"}],
    "events": [[{"event": "click:event", "timestamp": 1896202800000, "data": {"x": 640, "y": 320}}]],
    "qty": [1],
    "value": [1],
    "timestamp": [MOMENT, 1896202800000],
    "createdAt": [MOMENT, 1896202800000],
    "expiresAt": [MOMENT, 1896202800000],
    "startedAt": [MOMENT],
    "endedAt": [MOMENT],
    "updatedAt": [MOMENT],
    "targetId": ["V1StGXR8_Z5jdHi6"],
    "sourceId": ["V1StGXR8_Z5jdHi6"],
    "clientId": ["V1StGXR8_Z5jdHi6"],
    "urls": [["stun:stun.example.com:3478"]],
}
FORMATS = {"uuid": SHOW, "date-time": MOMENT, "email": "noa@example.com", "uri": "https://shop.example/"}
BYTES = "GkXfo59ChoEB"  # the beginning of a WebM file, as base64
DEPTH = 8  # a schema may contain itself


def of(schema: Schema, components: dict[str, Schema], name: str = "", depth: int = DEPTH) -> Any:
    """A value that the schema allows."""
    schema = resolved(schema, components)
    for keyword in ("example", "const"):
        if keyword in schema:
            return schema[keyword]
    if "enum" in schema:
        return next((value for value in VALUES.get(name, ()) if value in schema["enum"]), schema["enum"][0])
    for keyword in ("oneOf", "anyOf"):
        if keyword in schema:
            return of(_first(schema[keyword], components, name), components, name, depth)
    if schema.get("contentEncoding") == "base64":
        return BYTES
    for value in VALUES.get(name, ()):
        if _allows(schema, value, components):
            return copy.deepcopy(value)  # YAML would write one that stands in two places as a reference
    return _by_type(schema, components, name, depth)


def resolved(schema: Schema, components: dict[str, Schema]) -> Schema:
    """The schema itself where it is only a reference, alone or as the one part of `allOf`."""
    while "$ref" in schema or len(schema.get("allOf", ())) == 1:
        schema = components[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema["allOf"][0]
    return schema


def _first(options: list[Schema], components: dict[str, Schema], name: str) -> Schema:
    """The option that the name's value fits; else the first that is more than null."""
    found = [resolved(option, components) for option in options]
    fitting = (each for value in VALUES.get(name, ()) for each in found if _allows(each, value, components))
    return next(
        fitting, next((each for each in found if each.get("type") != "null" and each.get("enum") != [None]), {})
    )


def _by_type(schema: Schema, components: dict[str, Schema], name: str, depth: int) -> Any:
    match schema.get("type"):
        case "object":
            return _object(schema, components, depth)
        case "array":
            few = max(1, schema.get("minItems", 0)) if depth else 0
            return [of(schema.get("items", {}), components, name.removesuffix("s"), depth - 1) for _ in range(few)]
        case "integer" | "number":
            return max(1, schema.get("minimum", 1))
        case "boolean":
            return True
        case "null":
            return None
        case "string":
            return FORMATS.get(schema.get("format", ""), name or "text")[: schema.get("maxLength")]
    return {} if "properties" not in schema else _object(schema, components, depth)


def _object(schema: Schema, components: dict[str, Schema], depth: int) -> dict[str, Any]:
    required = schema.get("required", ())
    properties = {
        name: of(field, components, name, depth - 1)
        for name, field in schema.get("properties", {}).items()
        if depth > 0 or name in required
    }
    extra = schema.get("additionalProperties")
    return properties or ({"heart": of(extra, components, "", depth - 1)} if isinstance(extra, dict) and extra else {})


def _allows(schema: Schema, value: Any, components: dict[str, Schema]) -> bool:
    """Whether a value fits, as far as these schemas say: type, format, and the bounds of numbers and texts."""
    match schema.get("type"):
        case "string":
            formatted = schema.get("format") not in ("uuid", "date-time") or value in (SHOW, PRODUCT, MESSAGE, MOMENT)
            return isinstance(value, str) and formatted and len(value) <= schema.get("maxLength", len(value))
        case "integer" | "number":
            known = isinstance(value, int) and not isinstance(value, bool)
            return known and schema.get("minimum", value) <= value <= schema.get("maximum", value)
        case "boolean":
            return isinstance(value, bool)
        case "array":
            items = resolved(schema.get("items", {}), components)
            return isinstance(value, list) and all(_allows(items, each, components) for each in value)
        case None:
            return "properties" not in schema and "anyOf" not in schema
    return False
