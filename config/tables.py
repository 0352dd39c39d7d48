"""Every table: who can fill it, what bounds them, and when its rows go. A new model has to be entered here."""

from typing import NamedTuple

ANYONE, ACCOUNTS, STAFF, SERVER = "anyone", "accounts", "staff", "the server"
HISTORY = "HISTORY_DAYS"  # the setting that says how long figures are kept
RETENTION = "RECORDINGS_RETENTION_DAYS"


class Table(NamedTuple):
    """`bounds` name limits of settings.LIMITS (`chat`), REST_RATES (`REST login`) or QUOTAS (`quota shows`).

    `job` is the name of the job that prunes the table; without one its rows go with those that `kept` names.
    """

    by: str
    bounds: tuple[str, ...]
    kept: str
    job: str = ""


TABLES: dict[str, Table] = {
    "accounts.User": Table(ANYONE, ("REST register",), "until staff delete it"),
    "accounts.RefreshFamily": Table(ACCOUNTS, ("REST login", "REST refresh"), "7 days unused", "prune-accounts"),
    "accounts.Ticket": Table(ACCOUNTS, ("quota tickets",), "60 s", "prune-accounts"),
    "sessions.Session": Table(ACCOUNTS, ("REST login",), "2 weeks", "prune-page-sessions"),
    "realtime.Presence": Table(ANYONE, ("join",), "while connected, 128 rooms of a connection"),
    "realtime.Room": Table(ANYONE, ("join", "party", "shop-call"), "with what it is the room of"),
    "realtime.RoomEvent": Table(
        ANYONE,
        ("bytes", "chat", "like", "sync", "cart", "call", "shop-call", "support"),
        "with its show or conversation; of lobby and inbox 7 days; of other rooms a day and RECOVERY_EVENTS",
        "prune-rooms, trim-rooms",
    ),
    "realtime.Restriction": Table(STAFF, (), "until staff lift it"),
    "realtime.Worker": Table(SERVER, (), "45 s after a process has died"),
    "realtime.JobRun": Table(SERVER, (), "one row of each job"),
    "realtime.LogOrigin": Table(SERVER, (), "one row"),
    "search.Word": Table(ACCOUNTS, ("quota products",), "a day longer than what has it", "prune-search-words"),
    "search.Line": Table(ANYONE, ("chat",), "with its message"),
    "search.IndexedShow": Table(SERVER, (), "one of each show that is over"),
    "shopping.Product": Table(ACCOUNTS, ("quota products",), "until its seller deletes it"),
    "shopping.Variant": Table(ACCOUNTS, ("quota products",), "with its product, 100 of each"),
    "shopping.Import": Table(STAFF, (), "30 days, its file until it is done", "prune-catalogues"),
    "shopping.Feed": Table(STAFF, (), "until staff delete it, 20 in all"),
    "shopping.Picture": Table(
        ACCOUNTS, ("quota products", "REST picture"), "a day longer than a product shows it", "prune-catalogues"
    ),
    "shopping.StockMessage": Table(SERVER, (), "2 days; only signed messages", "prune-catalogues"),
    "shopping.ShoppingSession": Table(
        ANYONE, ("party", "REST party"), "30 days after its end, without metadata", "end-parties, delete-parties"
    ),
    "shopping.Participant": Table(ANYONE, ("join", "party"), "with its session, 200 of each"),
    "shopping.CartLine": Table(ANYONE, ("cart",), "with its session, 100 products of each"),
    "shopping.BagLine": Table(ANYONE, ("REST bag",), "30 days untouched, 100 of each person", "prune-bags"),
    "shopping.CartOperation": Table(ANYONE, ("cart",), "an hour", "prune-operations"),
    "shopping.Vote": Table(ANYONE, ("cart",), "with its session, 200 products of each"),
    "signaling.Match": Table(ANYONE, ("join", "REST match"), "30 min unused, 24 h if reserved", "prune-calls"),
    "signaling.Seat": Table(ANYONE, ("join",), "with its match, 2 of each"),
    "signaling.Call": Table(ANYONE, ("call",), HISTORY, "prune-history"),
    "signaling.Broadcast": Table(ANYONE, ("join",), "one of each show"),
    "signaling.Peer": Table(ANYONE, ("join",), "while connected, BROADCAST_VIEWERS and 100 of each show"),
    "recordings.Participant": Table(ANYONE, ("record",), RETENTION, "prune-recordings"),
    "recordings.Consent": Table(ANYONE, ("record",), "with its participant; " + RETENTION, "prune-recordings"),
    "recordings.Recording": Table(ANYONE, ("record",), RETENTION + " unless pinned", "prune-recordings"),
    "recordings.EventBatch": Table(ANYONE, ("record",), "with its recording, 1 GiB and 5,000,000 events of each"),
    "recordings.AudioChunk": Table(ANYONE, ("record",), "until its file is made", "finish-recordings"),
    "recordings.AudioTrack": Table(SERVER, (), "with its recording, 500 of each"),
    "recordings.Note": Table(STAFF, (), "with its recording, 1,000 of each"),
    "recordings.Outline": Table(SERVER, (), "with its recording, one of each"),
    "recordings.Transcript": Table(SERVER, (), "with its recording, one of each"),
    "recordings.TrackTranscript": Table(SERVER, (), "with its recording, one of each track"),
    "streams.Stream": Table(ACCOUNTS, ("quota shows",), "until its creator deletes it"),
    "streams.Host": Table(ACCOUNTS, ("join",), "one of each show"),
    "streams.Listing": Table(ACCOUNTS, ("quota shows",), "with its show, 100 of each"),
    "streams.Pin": Table(ACCOUNTS, ("quota shows",), "with its show, PINS_AT_ONCE of each"),
    "streams.ChatMessage": Table(ANYONE, ("chat",), "with its show"),
    "streams.HeldMessage": Table(
        ANYONE, ("chat",), "REMOVED_CHAT_DAYS once decided, 1,000 waiting of each show", "forget-removed-chat"
    ),
    "streams.Report": Table(ANYONE, ("report",), "with its show, 2,000 open of each"),
    "streams.Reminder": Table(
        ANYONE, ("REST reminder",), "7 days after its mail, 10,000 of each show", "prune-reminders"
    ),
    "streams.Question": Table(ANYONE, ("chat",), "with its show, 200 open of each"),
    "streams.QuestionVote": Table(ANYONE, ("like",), "with its question, one of each person"),
    "streams.BlockedWord": Table(ACCOUNTS, ("manage",), "with its show, 500 of each"),
    "streams.Moderator": Table(ACCOUNTS, ("manage",), "with its show, 50 of each"),
    "streams.ModerationAct": Table(ACCOUNTS, ("manage",), HISTORY, "prune-history"),
    "streams.Like": Table(ANYONE, ("like",), "with its show, one of each person"),
    "streams.LikeOperation": Table(ANYONE, ("like",), "a day", "prune-operations"),
    "streams.Party": Table(ANYONE, ("REST party",), "with its session"),
    "streams.ShopCall": Table(ANYONE, ("shop-call", "REST shop-call"), HISTORY, "prune-history"),
    "streams.Switchboard": Table(SERVER, (), "one row"),
    "drops.Drop": Table(ACCOUNTS, ("quota shows",), "with its show, 200 of each"),
    "drops.Claim": Table(ANYONE, ("claim",), "with its show, 10,000 waiting of each drop"),
    "streams.ReactionTotal": Table(ANYONE, ("reaction",), "with its show, 50 kinds of each"),
    "support.Registration": Table(ANYONE, ("join",), "7 days unused, or with its conversation", "prune-support"),
    "support.Conversation": Table(ANYONE, ("support", "REST support"), f"{HISTORY}, once resolved", "prune-support"),
    "support.SupportMessage": Table(ANYONE, ("support",), "with its conversation, 2,000 of each"),
    "support.Offer": Table(STAFF, ("support",), "with its message, one of each"),
    "support.AdminPosition": Table(STAFF, ("join",), "with its account, one of each"),
    "support.Attachment": Table(ANYONE, ("upload",), "with its conversation; unsent a day", "prune-support"),
    "support.Rating": Table(ANYONE, ("REST support",), "with its conversation, one of each"),
    "support.CannedReply": Table(STAFF, (), "until staff delete it"),
    "support.Schedule": Table(STAFF, (), "one row"),
    "support.OpeningHours": Table(STAFF, (), "until staff delete it"),
    "support.ScheduleException": Table(STAFF, (), "until staff delete it"),
    "support.TimeGoal": Table(STAFF, (), "one of each priority"),
    "analytics.StreamView": Table(ANYONE, ("join",), HISTORY, "prune-history"),
    "analytics.ProductClick": Table(ANYONE, ("click",), HISTORY, "prune-history"),
    "analytics.ReplayClick": Table(ANYONE, ("click",), HISTORY, "prune-history"),
    "analytics.CartAdd": Table(ANYONE, ("cart",), HISTORY, "prune-history"),
    "analytics.Checkout": Table(ANYONE, ("REST purchase",), HISTORY, "prune-history"),
    "analytics.Purchase": Table(ANYONE, ("REST purchase",), HISTORY, "prune-history"),
    "analytics.Refund": Table(STAFF, (), "with its purchase, 100 of each"),
    "analytics.ReactionMinute": Table(ANYONE, ("reaction",), HISTORY + ", 50 kinds of each minute", "prune-history"),
    "analytics.Rollup": Table(SERVER, (), "one of each show that is over"),
    "analytics.ShowcaseChange": Table(ACCOUNTS, ("quota shows",), HISTORY, "prune-history"),
    "analytics.Ticker": Table(ANYONE, ("click",), "one of each show, until it is over or left by all"),
    "webhooks.Endpoint": Table(STAFF, (), "until staff delete it, 20 at most"),
    "webhooks.Delivery": Table(
        ANYONE,
        ("chat", "support", "click", "cart", "record", "REST purchase"),
        "7 days once delivered, else 30; 10,000 waiting and 100,000 others of each endpoint",
        "send-webhooks, prune-webhooks",
    ),
    "replays.Moment": Table(ACCOUNTS, ("quota shows",), "with its show, 20,000 of each"),
    "replays.VideoPart": Table(
        ACCOUNTS, ("quota shows",), "SHOW_VIDEO_RETENTION_DAYS or with its show, 200 of each", "prune-recordings"
    ),
    "replays.VideoSlice": Table(ACCOUNTS, ("quota shows",), "until its file is made, 20,000 of each part"),
    "replays.Replay": Table(ACCOUNTS, ("quota shows",), "with its show, one of each"),
    "django_tasks_database.DBTaskResult": Table(SERVER, (), "2 weeks", "prune-task-results"),
    "admin.LogEntry": Table(STAFF, (), "for good"),
    "auth.Permission": Table(SERVER, (), "some of each model"),
    "auth.Group": Table(SERVER, (), "unused"),
    "contenttypes.ContentType": Table(SERVER, (), "one of each model"),
}
