"""What a role may do in the admin, beside admins, who may do everything."""

MODERATOR = [
    "streams.view_stream",
    "streams.view_chatmessage",
    "streams.delete_chatmessage",
    "streams.view_heldmessage",
    "streams.view_report",
    "streams.view_moderationact",
    "streams.view_moderator",
    "streams.view_blockedword",
    "streams.view_party",
    "shopping.view_shoppingsession",
    "shopping.change_shoppingsession",
    "shopping.view_participant",
    "shopping.view_cartline",
    "realtime.view_restriction",
    "realtime.add_restriction",
    "realtime.change_restriction",
    "realtime.delete_restriction",
]
STAFF = [
    *MODERATOR,
    "streams.change_stream",
    "streams.delete_stream",
    "shopping.view_product",
    "shopping.change_product",
    "shopping.delete_product",
    "accounts.view_user",
    "analytics.view_streamview",
    "analytics.view_productclick",
    "analytics.view_purchase",
    "webhooks.view_delivery",
    "signaling.view_match",
    "signaling.view_seat",
    "signaling.view_call",
    "recordings.view_recording",
    "recordings.change_recording",
    "recordings.delete_recording",
    "recordings.view_participant",
    "recordings.delete_participant",
    "recordings.view_audiotrack",
    "recordings.view_consent",
    "recordings.add_note",
    "streams.view_shopcall",
    "support.view_conversation",
    "support.change_conversation",
    "support.view_supportmessage",
    "support.view_rating",
    *(
        f"support.{right}_{model}"
        for model in ("cannedreply", "schedule", "openinghours", "scheduleexception", "timegoal")
        for right in ("view", "add", "change", "delete")
    ),
]
PERMISSIONS = {"moderator": MODERATOR, "staff": STAFF}
