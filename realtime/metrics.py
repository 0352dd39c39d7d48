"""What this process counts about itself, for whoever watches it; config/gauges.py has what is read for each look.

Nothing here names a person, a room or a text: labels have few values, which the code declares.
"""

from prometheus_client import CollectorRegistry, Counter, Histogram

registry = CollectorRegistry()

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

messages = Counter("vitrine_messages", "Messages of clients on sockets.", ["kind"], registry=registry)
refused = Counter("vitrine_refused", "Those that were refused, by the code of their ack.", ["code"], registry=registry)
answer_seconds = Histogram(
    "vitrine_answer_seconds", "From reading a message to its answer.", buckets=SECONDS, registry=registry
)
delivery_seconds = Histogram(
    "vitrine_delivery_seconds",
    "From hearing of an event to writing it to the room, the oldest of each write.",
    buckets=SECONDS,
    registry=registry,
)
resumes = Counter("vitrine_resumes", "Clients that came back to a room.", ["result"], registry=registry)
closed_slow = Counter("vitrine_closed_slow", "Clients that did not read and were cut off.", registry=registry)
writer_batch = Histogram(
    "vitrine_writer_batch",
    "Verbs in one shared transaction.",
    buckets=(1, 2, 5, 10, 20, 50, 100, 200),
    registry=registry,
)
writer_seconds = Histogram(
    "vitrine_writer_seconds", "What one shared transaction takes.", buckets=SECONDS, registry=registry
)

for _result in ("recovered", "snapshot"):  # so that both are told from the beginning
    resumes.labels(_result)
refused.labels("rate_limited")
