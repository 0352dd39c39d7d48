"""Every bound that is a number in the code, for docs/limits.md."""

from datetime import timedelta

from django.conf import settings

from accounts import hashers, texts
from analytics import export, goods, minutes, overview, shop, visitors
from analytics import report as reports
from analytics.models import purchase, ticker
from config import apps, checks, databases
from drops import bounds as drops
from drops import keywords
from realtime import intake, large_messages, limits, wire
from realtime.adapters import packets, uvicorn_http
from realtime.adapters import redis as redis_adapter
from realtime.adapters import uvicorn as uvicorn_adapter
from realtime.connections import connection, flood_control, unanswered
from realtime.delivery import hubs, outgoing, tail
from realtime.presence import tracker
from realtime.runtime import caching, coalescer, threads
from realtime.storage import cached_rows, outbox, writer
from recordings import feed, ingest, newest, outlining, transcribing
from recordings.models import annotation, finishing, outline, recording, recording_queryset, searching, transcript
from replays import timeline
from replays.models import moment, video_part
from rest import bodies, guard, pagination
from search import creators, finding, lines, postgres, suggestions, words
from shopping import bounds, pictures
from shopping.feeds import items
from shopping.models import bag, cart, importing, restocking, session, variant, vote
from signaling import wire as signals
from signaling.models import broadcast_queryset
from signaling.models import match as matches
from storefront import embedding, handing_over
from streams import chat_broadcasts, hook, reactions, rooms
from streams.models import (
    blocked_word,
    chat,
    chat_rules,
    chat_settings,
    desk_people,
    held_message,
    listing,
    moderator,
    question,
    reminder,
    report,
    rules,
    shop_call,
    switchboard,
)
from streams.serializers import sessions
from streams.views import review
from streams.wire import wrencos
from support import rooms as support_rooms
from support import serializers
from support.models import attachment, offer, rating
from support.models import conversation as conversations
from support.models import message as support_messages
from support.wire import conversations as support
from webhooks import sending
from webhooks.models import delivery, endpoint

Row = tuple[str, object, str]

BOUNDS: list[Row] = [
    ("A REST body", settings.DATA_UPLOAD_MAX_MEMORY_SIZE, "bytes"),
    ("Passwords hashed at once", settings.PASSWORD_HASHES_AT_ONCE, "hashes of a process"),
    ("Passwords that wait for it", hashers.MAX_WAITING, "passwords of a process"),
    ("A password's wait for it", hashers.PATIENCE, "seconds"),
    ("Rows of a REST list", pagination.MAX_LIMIT, "rows"),
    ("One of a seller's whole lists, where no limit is said", pagination.UNPAGED_LIMIT, "rows"),
    ("The offset of a REST list", pagination.MAX_OFFSET, "rows"),
    ("A search query", words.MAX_QUERY, "characters"),
    ("What is looked at of it", words.MAX_WORDS, "words"),
    ("Shows or products that one search counts and ranks", postgres.MAX_FOUND, "rows"),
    ("Among which suggestions are chosen", finding.SUGGESTED, "rows"),
    ("Suggestions", sum(suggestions.SHOWN.values()), "of all kinds together"),
    ("Live shows that are compared for trending", finding.MAX_TRENDING, "shows"),
    ("Lines of past shows that are found", lines.MAX_LINES, "lines"),
    ("Creators that are found", creators.MAX_CREATORS, "creators"),
    ("A WebSocket message, Socket.IO packet or polling body", wire.MAX_MESSAGE, "bytes"),
    ("The same of a client that has said user:connected", wire.LARGE_MESSAGE, "bytes"),
    ("Such large messages taken in at a time", large_messages.AT_ONCE, "messages of a process"),
    ("Their memory", large_messages.MEMORY, "bytes of a process"),
    ("Until one has come", large_messages.PATIENCE, "seconds, then 1008"),
    ("Bulk that waits to be stored", intake.MAX_BYTES, "bytes of a process"),
    ("The same", intake.MAX_ITEMS, "batches and pieces of a process"),
    ("Bulk in one transaction", intake.BATCH_BYTES, "bytes"),
    ("The same", intake.BATCH_ITEMS, "batches and pieces"),
    ("What a connection is answered after a commit", unanswered.MAX_MESSAGES, "messages, then it is not read"),
    ("The same", unanswered.MAX_BYTES, "bytes, then it is not read"),
    ("Single recorded events that are gathered", feed.GATHERED, "bytes of a connection, and as many being stored"),
    ("Until they are stored", feed.GATHER_SECONDS, "seconds"),
    ("And kept for a database that is away", feed.PATIENCE, "seconds"),
    ("Fragments of one WebSocket message", uvicorn_adapter.MAX_FRAGMENTS, "fragments"),
    ("The address and headers of a request", guard.MAX_HEADERS, "bytes"),
    ("Long bodies, such as files, that come at once", guard.MAX_LONG, "bodies of a process"),
    ("Until they have come", uvicorn_http.HEADER_SECONDS, "seconds"),
    ("Between two pieces of a body", bodies.IDLE_SECONDS, "seconds"),
    ("Connections", settings.MAX_CONNECTIONS, "connections of a process"),
    ("Connections of one address (IPv6: /64)", settings.MAX_CONNECTIONS_PER_IP, "connections of a process"),
    ("Sockets of one account", settings.MAX_CONNECTIONS_PER_USER, "sockets of a process"),
    ("Packets in one polling body", packets.MAX_POLLED, "packets"),
    ("Attachments of one Socket.IO event", packets.MAX_ATTACHMENTS, "attachments"),
    ("All attachments of an event that takes none", packets.MAX_ATTACHED, "bytes"),
    (
        f"Refused messages of a connection in {flood_control.REFUSALS_SECONDS:g} s",
        flood_control.MAX_REFUSALS,
        "messages, then 1008",
    ),
    ("Pauses of a connection that sends too many bytes", flood_control.MAX_PAUSE, "seconds, then 1008"),
    ("Rooms of one connection", connection.MAX_ROOMS, "rooms"),
    ("Waiting for a client that does not read, at once", outgoing.MAX_WAITING, "bytes"),
    (f"Waiting for it for {outgoing.SLOW_SECONDS:g} s", outgoing.SLOW, "bytes"),
    ("A database call of a socket", threads.DEADLINE, "seconds"),
    ("Such calls that wait for a thread", threads.MAX_WAITING, "calls of a process"),
    ("The database work of one REST request", apps.REQUEST_SECONDS, "seconds"),
    ("Waiting for a database connection", databases.WAIT, "seconds"),
    ("Verbs waiting for a shared transaction", writer.MAX_WAITING, "verbs of a process"),
    ("Verbs in one shared transaction", writer.BATCH, "verbs"),
    ("Rows kept for verbs", cached_rows.MAX_ROWS, "rows of a process"),
    ("Answers kept of each cached read", caching.MAX_ENTRIES, "answers of a process"),
    ("Notifications waiting to be published", redis_adapter.MAX_WAITING, "notifications of a process and Redis"),
    ("Commands that Redis has not answered", redis_adapter.MAX_UNANSWERED, "commands of a connection"),
    ("Bodies in one notification", outbox.MAX_NOTIFICATION, "characters"),
    ("Joins and leaves in one transaction", tracker.BATCH, "changes"),
    ("Events kept in memory of each room", settings.RECOVERY_EVENTS + tail.SLACK, "events"),
    ("Events that can be resumed", settings.RECOVERY_EVENTS, "events"),
    ("Their age", settings.RECOVERY_SECONDS, "seconds"),
    ("An empty room's hub", hubs.LINGER, "seconds"),
    ("Token buckets", limits.MAX_BUCKETS, "buckets of a process"),
    ("One page of a show's timeline", timeline.MAX_LINES, "messages, and as many other changes"),
    ("What a show has had in view", moment.MAX_MOMENTS, "changes of a show"),
    ("A slice of a show's video", video_part.MAX_SLICE, "bytes"),
    ("Slices of a part of it", video_part.MAX_SLICES, "slices"),
    ("Its parts", video_part.MAX_PARTS, "parts of a show"),
    ("All of it", video_part.MAX_BYTES, "bytes of a show"),
    ("Chapters of a replay", timeline.MAX_CHAPTERS, "chapters"),
    ("A chat message", chat.MAX_LENGTH, "characters"),
    ("Its line breaks", texts.MAX_BREAKS, "breaks; the others become blanks"),
    ("Marks on one character of any text", texts.MAX_MARKS, "marks; the others are left out"),
    ("A name", texts.MAX_NAME, "characters as people count them"),
    ("The same", texts.MAX_STORED, "code points"),
    (
        "Lines from one address in the time of slow mode",
        settings.SLOW_MODE_PER_ADDRESS,
        "lines of guests, new accounts",
    ),
    ("An address restricted along with somebody", settings.RESTRICT_ADDRESS_MINUTES, "minutes"),
    ("What it carries beside the documented fields", wrencos.MAX_EXTRA, "bytes"),
    ("Chat shown to a newcomer", rooms.MAX_HISTORY, "messages"),
    ("Slow mode", chat_settings.MAX_SLOW_MODE, "seconds between two messages of one person"),
    ("A mute, ban or shadow for a time", desk_people.MAX_MINUTES, "minutes"),
    ("Moderators whom an owner names", moderator.MAX_MODERATORS, "moderators of a show"),
    ("Blocked words", blocked_word.MAX_WORDS, "words or phrases of a show"),
    ("A blocked word or phrase", blocked_word.MAX_LENGTH, "characters"),
    ("Shows whose words and moderators are remembered", chat_rules.MAX_REMEMBERED, "shows of a process"),
    ("Messages that wait for a moderator", held_message.MAX_WAITING, "messages of a show"),
    ("Reports that wait for one", report.MAX_OPEN, "reports of a show"),
    ("Questions that wait", question.MAX_OPEN, "questions of a show"),
    ("Questions that are told", chat_broadcasts.MAX_QUESTIONS, "questions, those with most votes"),
    ("Removed messages that one event tells", chat_broadcasts.MAX_REMOVED, "messages"),
    ("Acts in an export of the audit log", review.MAX_EXPORTED, "acts, the newest"),
    ("Messages that a hook looks at", hook.AT_ONCE, "messages of a process at once"),
    ("A message's wait for it", settings.CHAT_HOOK_SECONDS, "seconds"),
    ("What a hook answers", hook.MAX_ANSWER, "bytes"),
    ("People who are reminded of a show", reminder.MAX_REMINDERS, "people, one mail each"),
    ("Shows of which one address is reminded", reminder.MAX_OF_ADDRESS, "shows that are to come"),
    ("Tries of such a mail", reminder.MAX_TRIES, "tries"),
    ("Products on a show", listing.MAX_LISTINGS, "products"),
    ("Shows told their figures in one turn of a process", ticker.AT_ONCE, "shows"),
    ("Minutes of a show in one answer", minutes.MAX_MINUTES, "minutes, the last ones"),
    ("Changes of a showcase that are looked at for them", minutes.MAX_CHANGES, "changes, the last ones"),
    ("Products of a show whose figures are told", goods.MOST, "products, the best; in its report 20"),
    (
        "Shows whose live report a process remembers",
        reports.REMEMBERED,
        f"shows that are on, for {reports.FRESH:g} s each, and as many that were",
    ),
    ("Shows of a creator in one answer with figures", overview.MOST, "shows, the latest"),
    ("Shows whose key figures a process remembers", overview.REMEMBERED, f"shows, for {overview.FRESH:g} s each"),
    ("Live shows on the admin's front page", shop.LISTED, "shows, the latest"),
    ("What a visitor did, in one answer", visitors.PAGE, "facts, and those of the same millisecond as the last"),
    ("Rows of an export in memory", export.CHUNK, "rows of a request"),
    ("Pinned products", settings.PINS_AT_ONCE, "products"),
    ("Viewers of a picture that goes from browser to browser", settings.BROADCAST_VIEWERS, "viewers"),
    ("Waiting for a slot among them", broadcast_queryset.MAX_WAITING, "viewers"),
    ("Reactions of a show that viewers may choose among", sessions.MAX_CHOICES, "kinds"),
    ("Kinds of reactions that a show has counted", rules.MAX_KINDS, "kinds"),
    ("Shows whose reactions are counted at once", reactions.MAX_BUFFERS, "shows of a process, once counted"),
    ("People at a match", matches.SEATS, "people"),
    ("Staff at whom one call to the shop rings", shop_call.MAX_RUNG, "people, one after another"),
    ("Shows that are told whether the shop can be called", switchboard.MAX_TOLD, "shows"),
    ("A session description", signals.SDP, "bytes"),
    ("Good TURN credentials", checks.LONGEST_TURN, "seconds"),
    ("Who shops together in one session", settings.PARTY_SIZE, "people"),
    ("Participants of one session, those who have gone included", session.MAX_PARTICIPANTS, "people"),
    ("What a session's creator says of it", bounds.MAX_METADATA, "bytes"),
    ("An event of a session that is stored", bounds.MAX_LOGGED, "bytes; a longer one is only relayed"),
    ("Variants of a product", variant.MAX_VARIANTS, f"variants, {variant.MAX_VARIANTS_BYTES // 1024} KiB of all"),
    ("Options of a variant", variant.MAX_OPTIONS, "options, such as size and colour"),
    ("A picture of a product", pictures.MAX_BYTES, "bytes"),
    ("The same", pictures.MAX_PIXELS, "pixels"),
    ("What is kept of it", pictures.MAX_SIDE, "pixels wide and high"),
    ("Pictures made small at once", 1, "picture of a process"),
    ("A feed of products", items.MAX_BYTES, "bytes"),
    ("Its rows", items.MAX_ROWS, "products or variants"),
    ("Problems that are kept of it", items.MAX_PROBLEMS, "problems"),
    ("Changes that are kept of an import", importing.MAX_SHOWN, "changes"),
    ("Imports that have not begun", importing.MAX_WAITING, "imports"),
    ("Feeds that are read on a schedule", importing.MAX_FEEDS, "feeds"),
    ("Products in one message of stock", restocking.MAX_ITEMS, "products or variants"),
    ("Pieces in stock", variant.MAX_STOCK, "pieces"),
    ("One product in a shared cart", cart.MAX_QUANTITY, "pieces"),
    ("Different products in a shared cart", cart.MAX_PRODUCTS, "products"),
    ("Products in one's own bag", bag.MAX_LINES, "products or variants of them"),
    ("Products voted on", vote.MAX_PRODUCTS, "products of a session"),
    ("Notes on a recording", annotation.MAX_NOTES, "notes"),
    ("A note", annotation.MAX_NOTE, "characters"),
    ("Recordings whose notes and transcripts one search opens", searching.MAX_RECORDINGS, "recordings"),
    ("The same", searching.MAX_BYTES, "bytes as they are stored"),
    ("Recordings that it finds", searching.MAX_FOUND, "recordings"),
    ("Moments of each kind in a recording's outline", outlining.MAX_MOMENTS, "moments"),
    ("Events read for it in one request", outline.READ_BYTES, "bytes"),
    ("What a speech-to-text answers for a track", transcribing.MAX_ANSWER, "bytes"),
    ("Passages in it", transcribing.MAX_PASSAGES, "passages"),
    ("Its time for a track", settings.TRANSCRIBE_SECONDS, "seconds"),
    ("Tries of a transcript", transcript.MAX_TRIES, "tries"),
    ("A recording", recording.MAX_BYTES, "bytes before they are compressed"),
    ("Its events", ingest.MAX_EVENTS, "events"),
    ("Its batches of events, and pieces of one part of its audio", ingest.MAX_NUMBER, "rows"),
    ("Parts of its audio", ingest.MAX_PARTS, "files"),
    ("How long it is", recording_queryset.MAX_LENGTH // timedelta(hours=1), "hours, then another begins"),
    ("How long nothing may come", recording_queryset.IDLE // timedelta(minutes=1), "minutes, then it is over"),
    ("How long it is kept", settings.RECORDINGS_RETENTION.days, "days, unless it is pinned; 0 is for ever"),
    ("Tries to finish its audio", finishing.MAX_TRIES, "tries, then staff have to look"),
    ("Free space for recordings", settings.RECORDINGS_MIN_FREE_BYTES, "bytes at least, or nothing is recorded"),
    ("Events of a kind in ShopAloud's lists", newest.MAX_EVENTS, "events of a recording"),
    ("What such a list reads", newest.MAX_BYTES, "bytes as they are stored"),
    ("A message to support", support.MAX_LENGTH, "characters"),
    ("Messages of a conversation with support", conversations.MAX_MESSAGES, "messages"),
    ("Messages of it that are shown at once", support_rooms.MAX_LINES, "messages"),
    ("Conversations in the inbox that are shown at once", support_rooms.MAX_LISTED, "conversations"),
    ("Missed messages that an old client is told", support_messages.MAX_MISSED, "messages"),
    ("An offer of a call or a party that nobody answers", offer.STANDS // timedelta(minutes=1), "minutes"),
    ("A file that is sent to support", attachment.MAX_BYTES, "bytes"),
    ("Files of a message", support.MAX_ATTACHED, "files"),
    ("Files of a conversation", attachment.MAX_OF_CONVERSATION, "files"),
    ("A mail that comes in", serializers.MAX_MAIL_TEXT, "characters"),
    ("A comment beside a rating", rating.MAX_COMMENT, "characters"),
    ("A snooze", conversations.MAX_SNOOZE.days, "days"),
    ("Tags of a conversation", conversations.MAX_TAGS, "tags"),
    ("Items of a purchase", purchase.MAX_ITEMS, f"different ones, {purchase.MAX_ITEMS_BYTES // 1024} KiB of all"),
    ("Refunds of a purchase", purchase.MAX_REFUNDS, "refunds"),
    ("Endpoints of webhooks", endpoint.MAX_ENDPOINTS, "endpoints"),
    ("Events that wait for one", endpoint.MAX_WAITING, "events, then it is switched off"),
    ("Events of one that are done with", delivery.MAX_KEPT, "events, the newest"),
    ("Requests to one endpoint at once", delivery.PER_ENDPOINT, "requests, of all processes"),
    ("A webhook's payload", delivery.MAX_PAYLOAD, "bytes; of a longer one the short fields are sent"),
    ("Tries of an event", delivery.MAX_TRIES, "tries, over a day"),
    ("Time for a request to an endpoint", sending.SECONDS, "seconds"),
    ("What is read of its answer", sending.MAX_ANSWER, "bytes"),
    ("Kinds of events that wait for their turn", coalescer.MAX_KINDS, "kinds of a client"),
    ("Shows of each kind that a teaser hears of", embedding.TEASED, "shows"),
    ("How long what it hears may be kept", embedding.FRESH, "seconds"),
    ("One product that is handed over to a shop's own cart at once", handing_over.MAX_QUANTITY, "pieces"),
    ("Drops of one show", drops.MAX_DROPS, "drops"),
    ("Drops of one show that go on", drops.MAX_AT_ONCE, "drops"),
    ("Pieces of a drop", drops.MAX_QUANTITY, "pieces"),
    ("Pieces of it for one person", drops.MAX_PER_PERSON, "pieces"),
    ("Claims in its line", drops.MAX_WAITING, "claims"),
    ("Its countdowns", drops.MAX_COUNTDOWN, "seconds"),
    ("A hold", drops.MAX_HOLD, "seconds"),
    ("Times that whoever has it may extend it", drops.MAX_EXTENSIONS, "times"),
    ("A keyword", drops.MAX_KEYWORD, "characters"),
    ("Words of a line that claims a piece", keywords.MAX_WORDS, "words"),
    ("Shows whose keywords are remembered", keywords.MAX_KNOWN, "shows of a process"),
    ("Claims that the desk reads at once", drops.MAX_LISTED, "claims"),
]
