"""How much there may be of a drop, and how long its clocks run."""

MAX_DROPS = 200  # of a show, those that are over included
MAX_AT_ONCE = 20  # of them that are announced or open
MAX_QUANTITY = 100_000  # pieces of a drop
MAX_PER_PERSON = 100  # pieces
MAX_WAITING = 10_000  # claims in the line of a drop
MIN_COUNTDOWN, MAX_COUNTDOWN = 10, 20 * 60  # seconds, before a drop opens and while it is open
MIN_HOLD, MAX_HOLD = 30, 60 * 60  # seconds that a piece is kept for somebody
MAX_EXTENSIONS = 10  # of one hold by whoever has it
MAX_KEYWORD = 20  # characters
MAX_LISTED = 500  # claims that the desk reads at once
KEYWORD = "mine"  # what somebody writes in the chat to claim a piece, where the drop says nothing else
