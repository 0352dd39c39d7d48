"""Each operation of the REST API in words: by path, below /api/ unless it begins with a slash, and method."""

OPERATIONS: dict[str, dict[str, tuple[str, str]]] = {
    "auth/register": {"post": ("register", "Register an account and log in")},
    "auth/login": {"post": ("login", "Log in with username and password")},
    "auth/currentUser": {"get": ("getCurrentUser", "Read who the token's user is")},
    "auth/me": {"get": ("getMe", "Read who the token's user is (another name of currentUser)")},
    "auth/refresh-token": {"post": ("refreshTokens", "Change a refresh token for new tokens")},
    "auth/logout": {"post": ("logOut", "End every token of one's account")},
    "auth/ticket": {"post": ("issueTicket", "Get a single-use ticket that opens a socket")},
    "auth/password-reset": {"post": ("askForReset", "Have a link mailed by which a new password is chosen")},
    "auth/password-reset/confirm": {"post": ("resetPassword", "Choose a new password by the link of a mail")},
    "auth/verification": {"post": ("askForVerification", "Have a link mailed by which one's address is confirmed")},
    "auth/verification/confirm": {"post": ("verifyAddress", "Confirm an e-mail address by the link of a mail")},
    "auth/erase": {"post": ("eraseAccount", "Erase one's account: its name, its address and, if wanted, all texts")},
    "auth/export": {"get": ("exportAccount", "Get all that is kept about one's account, as a file")},
    "auth/update": {
        "post": ("changeProfile", "Change one's own name, e-mail address or password"),
        "put": ("updateProfile", "Change one's own name, e-mail address or password (the same as POST)"),
    },
    "guest": {"post": ("renewGuest", "Get, or renew, the token by which a guest stays the same on other origins")},
    "users": {
        "get": ("listUsers", "List the users, the newest first"),
        "post": ("createUser", "Make an account for someone else (admins)"),
    },
    "users/live": {"get": ("listLiveUsers", "List who is live now, each with their show")},
    "users/{id}": {
        "get": ("getUser", "Read a user"),
        "put": ("updateUser", "Change a user (oneself, or as an admin)"),
        "delete": ("deactivateUser", "Close an account (one's own, or as an admin)"),
    },
    "products": {
        "get": ("listProducts", "List one's own products, or with public=true everybody's"),
        "post": ("createProduct", "Offer a product"),
    },
    "products/categories": {"get": ("listCategories", "List the categories of all products")},
    "products/category/{category}": {"get": ("listProductsInCategory", "List one's own products of a category")},
    "products/in-stock": {"get": ("listProductsInStock", "List one's own products that are in stock")},
    "products/pictures": {"post": ("uploadPicture", "Upload a picture of a product")},
    "products/stock": {"post": ("setStock", "Say how many there are and what they cost, by SKU (the shop's server)")},
    "products/{id}": {
        "get": ("getProduct", "Read a product"),
        "put": ("updateProduct", "Change a product"),
        "delete": ("deleteProduct", "Withdraw a product"),
    },
    "bag": {
        "get": ("getBag", "Read what is in one's own bag"),
        "post": ("putIntoBag", "Put a product into one's bag, in one of its variants where it has some"),
        "delete": ("emptyBag", "Take everything out of one's bag"),
    },
    "bag/{id}": {
        "patch": ("reviseBagLine", "Say how many of it there are, or agree to a price that has changed"),
        "delete": ("takeOutOfBag", "Take a product out of one's bag"),
    },
    "sessions": {
        "get": ("listShows", "List one's own shows, or with public=true everybody's"),
        "post": ("createShow", "Schedule a show"),
    },
    "sessions/{id}": {
        "get": ("getShow", "Read a show with its creator and products"),
        "put": ("replaceShow", "Change a show (the same as PATCH)"),
        "patch": ("updateShow", "Change a show"),
        "delete": ("deleteShow", "Delete a show"),
    },
    "sessions/{id}/open": {"post": ("openShow", "Make a show for everybody of a rehearsal that is not on")},
    "sessions/{id}/status": {"patch": ("changeShowStatus", "Start, pause, resume or end a show")},
    "sessions/{id}/start-stream": {"post": ("startStream", "Start a show and get what its picture is sent with")},
    "sessions/{id}/end-stream": {"post": ("endStream", "End a show")},
    "sessions/{id}/stream-token": {"get": ("getStreamToken", "Get what a show's picture is watched with")},
    "sessions/{id}/refresh-token": {"post": ("renewStreamToken", "Renew access to a show's picture before it expires")},
    "sessions/{id}/reactions": {"get": ("getReactions", "Read the totals of a show's reactions")},
    "sessions/{id}/showcase": {"post": ("showcaseProduct", "Put a product on a show's screen, or clear it")},
    "sessions/{id}/parties": {"post": ("openParty", "Open a party in a show: friends watch and shop together")},
    "sessions/{session_id}/chat": {
        "get": ("listChatMessages", "Read a show's chat"),
        "post": ("postChatMessage", "Write in a show's chat"),
    },
    "sessions/{session_id}/chat/count": {"get": ("countChatMessages", "Count the messages of a show's chat")},
    "sessions/{session_id}/chat/{id}": {"delete": ("removeChatMessage", "Remove a message from a show's chat")},
    "sessions/{session_id}/moderation": {
        "get": ("getModeration", "Read the rules of a show's chat, and how much waits (those who keep order)"),
        "patch": ("setChatRules", "Change the rules of a show's chat: slow mode, frozen, links, hold, guests"),
    },
    "sessions/{session_id}/moderation/pin": {
        "put": ("pinMessage", "Keep a message of a show's chat in view"),
        "delete": ("unpinMessage", "Keep no message in view any longer"),
    },
    "sessions/{session_id}/moderation/removals": {"post": ("removeAllOfPerson", "Take back all that a person said")},
    "sessions/{session_id}/moderation/mutes": {
        "get": ("listMutes", "List who is muted in a show"),
        "post": ("mutePerson", "Mute a person in a show, for some minutes or for good"),
    },
    "sessions/{session_id}/moderation/mutes/{id}": {"delete": ("unmutePerson", "End a mute")},
    "sessions/{session_id}/moderation/bans": {
        "get": ("listBans", "List who is banned from a show, or shadowed in it"),
        "post": ("banPerson", "Ban a person from a show, or shadow them, for some minutes or for good"),
    },
    "sessions/{session_id}/moderation/bans/{id}": {"delete": ("unbanPerson", "End a ban, or a shadow")},
    "sessions/{session_id}/moderation/words": {
        "get": ("listBlockedWords", "List the words that are blocked in a show's chat"),
        "post": ("blockWord", "Block a word or phrase in a show's chat, in whatever spelling"),
    },
    "sessions/{session_id}/moderation/words/{id}": {"delete": ("unblockWord", "Allow a word again")},
    "sessions/{session_id}/moderation/reports": {
        "get": ("listReports", "List the messages that viewers have reported"),
        "post": ("reportMessage", "Report a message to those who keep order"),
    },
    "sessions/{session_id}/moderation/reports/{id}": {"patch": ("settleReport", "Resolve or dismiss a report")},
    "sessions/{session_id}/moderation/held": {"get": ("listHeldMessages", "List the messages that wait for review")},
    "sessions/{session_id}/moderation/held/{id}": {
        "patch": ("reviewHeldMessage", "Allow a message that waits, or refuse it")
    },
    "sessions/{session_id}/moderation/audit": {"get": ("listActs", "Read what was done to keep order in a show")},
    "sessions/{session_id}/moderation/audit.csv": {"get": ("exportActsAsCsv", "Get the audit log of a show as CSV")},
    "sessions/{session_id}/moderation/audit.jsonl": {
        "get": ("exportActsAsJsonLines", "Get the audit log of a show as JSON lines")
    },
    "sessions/{session_id}/moderation/audit/{id}/undo": {"post": ("undoAct", "Take an act back")},
    "sessions/{session_id}/moderation/moderators": {
        "get": ("listModerators", "List whom the owner of a show has named to keep order in it"),
        "post": ("nameModerator", "Name somebody to keep order in a show (its owner)"),
    },
    "sessions/{session_id}/moderation/moderators/{user_id}": {
        "delete": ("dismissModerator", "End that somebody keeps order in a show (its owner)")
    },
    "sessions/{session_id}/questions": {
        "get": ("listQuestions", "List the questions that viewers of a show ask"),
        "post": ("askQuestion", "Mark a message of one's own as a question"),
    },
    "sessions/{session_id}/questions/{id}": {
        "patch": ("settleQuestion", "Pick the question that is answered now, say that it was, or dismiss it")
    },
    "sessions/{session_id}/questions/{id}/vote": {
        "post": ("voteForQuestion", "Vote for a question"),
        "delete": ("withdrawVote", "Take one's vote for a question back"),
    },
    "sessions/{session_id}/drops": {
        "get": ("listDrops", "List the drops of a show"),
        "post": ("announceDrop", "Announce a drop of one of a show's products (who runs the show)"),
    },
    "sessions/{session_id}/drops/figures": {"get": ("getDropFigures", "Read what became of a show's drops")},
    "sessions/{session_id}/drops/claims": {"get": ("listOwnClaims", "List what one has claimed in a show")},
    "sessions/{session_id}/drops/claims/{id}": {"delete": ("returnClaim", "Give back what one has claimed")},
    "sessions/{session_id}/drops/claims/{id}/extend": {"post": ("extendClaim", "Start the clock of one's hold anew")},
    "sessions/{session_id}/drops/claims/{id}/pass-on": {"post": ("passOnClaim", "Give a claim to the next in line")},
    "sessions/{session_id}/drops/claims/{id}/decide": {
        "post": ("decideLateClaim", "Decide on a claim that was paid for after its time (who runs the show)")
    },
    "sessions/{session_id}/drops/{id}": {"get": ("getDrop", "Read a drop")},
    "sessions/{session_id}/drops/{id}/open": {"post": ("openDrop", "Open a drop now")},
    "sessions/{session_id}/drops/{id}/extend": {"post": ("extendDrop", "Have a drop open, or close, later")},
    "sessions/{session_id}/drops/{id}/pieces": {"post": ("addDropPieces", "Put more pieces into a drop")},
    "sessions/{session_id}/drops/{id}/close": {"post": ("closeDrop", "Close a drop; holds run on")},
    "sessions/{session_id}/drops/{id}/undo": {"post": ("undoDrop", "Take back a wrong drop with all claims")},
    "sessions/{session_id}/drops/{id}/claims": {
        "get": ("listClaims", "List who holds pieces of a drop and who waits (who runs the show)"),
        "post": ("claimDrop", "Claim pieces of a drop, or a place in its line"),
    },
    "sessions/{session_id}/products": {
        "get": ("listShowProducts", "List the products of a show"),
        "post": ("addShowProduct", "Put a product on a show's line-up"),
        "patch": ("featureOnlyProducts", "Feature exactly these products of a show"),
    },
    "sessions/{session_id}/products/{product_id}": {
        "delete": ("removeShowProduct", "Take a product off a show's line-up")
    },
    "sessions/{session_id}/products/{product_id}/feature": {
        "patch": ("featureShowProduct", "Feature a product of a show, or stop that")
    },
    "sessions/{session_id}/products/{product_id}/order": {
        "patch": ("moveShowProduct", "Give a product another place in a show's line-up")
    },
    "sessions/{session_id}/pins": {
        "get": ("listPins", "List what a show has pinned"),
        "post": ("pinProduct", "Pin a product to a show"),
    },
    "sessions/{session_id}/pins/order": {"put": ("orderPins", "Put a show's pins into another order")},
    "sessions/{session_id}/pins/{product_id}": {"delete": ("unpinProduct", "Take a pin away")},
    "sessions/{session_id}/analytics": {"get": ("getShowReport", "Read the figures of a show")},
    "sessions/{session_id}/analytics/live": {"get": ("listWatching", "List who watches a show now")},
    "sessions/{session_id}/analytics/viewers": {"get": ("listViewers", "List everyone who has watched a show")},
    "sessions/{session_id}/analytics/audience": {
        "get": ("getAudience", "Read how many people watched a show, live and afterwards, and for how long")
    },
    "sessions/{session_id}/analytics/minutes": {"get": ("listMinutes", "Read a show minute by minute")},
    "sessions/{session_id}/analytics/funnel": {
        "get": ("getFunnel", "Read how many viewers of a show went on to look at products and to fill a cart")
    },
    "sessions/{session_id}/analytics/dashboard": {
        "get": ("getShowDashboard", "Read all figures of a show at once, as its report shows them")
    },
    "sessions/{session_id}/analytics/people": {"get": ("listEngaged", "List who liked a show, and who wrote in it")},
    "sessions/{session_id}/timeline": {"get": ("getShowTimeline", "Read what happened in a show, by the show's time")},
    "sessions/{session_id}/replay": {
        "get": ("getReplay", "Read how a show can be watched again: its length, pauses, chapters and video"),
        "patch": ("setReplay", "Switch a show's replay on or off, or cut its beginning and end"),
    },
    "sessions/{session_id}/video": {"post": ("beginShowVideo", "Begin a part of a live show's video")},
    "sessions/{session_id}/video/{number}": {"delete": ("deleteShowVideo", "Delete a part of a show's video")},
    "sessions/{session_id}/video/{number}/end": {"post": ("endShowVideo", "Say that a part of a show's video is over")},
    "sessions/{session_id}/video/{number}/slices/{slice}": {
        "put": ("uploadShowVideo", "Upload a slice of a show's video, as a MediaRecorder made it")
    },
    "sessions/{session_id}/video/{number}.{suffix}": {"get": ("watchShowVideo", "Watch or download a show's video")},
    "sessions/{session_id}/conversion-stats": {
        "get": ("getConversionStats", "Read how often a show's products were looked at")
    },
    "sessions/{session_id}/analytics/purchases": {"get": ("listPurchases", "Read what a show has sold")},
    "purchases": {"post": ("confirmPurchase", "Report a purchase as the shop's server (signed)")},
    "purchases/refunds": {"post": ("refundPurchase", "Report a refund as the shop's server (signed)")},
    "purchases/reports": {"post": ("reportPurchase", "Report a purchase as its buyer's page")},
    "purchases/checkouts": {"post": ("reportCheckout", "Say that somebody begins to pay, as their page")},
    "analytics/creator/{creator_id}": {"get": ("getCreatorReport", "Read the figures of all shows of a creator")},
    "analytics/creator/{creator_id}/shows": {
        "get": ("listShowsWithFigures", "List a creator's shows of some time with their key figures, and the sums")
    },
    "analytics/shop": {"get": ("getShopFigures", "Read what goes on in the whole shop, and what waits (staff)")},
    "analytics/visitors/{key}": {"get": ("getVisitor", "Read what one person did, which is noted (staff)")},
    "analytics/export/{day}.csv": {"get": ("exportDayAsCsv", "Get every fact of a day as CSV (staff)")},
    "analytics/export/{day}.jsonl": {"get": ("exportDayAsJsonLines", "Get every fact of a day as JSON lines (staff)")},
    "search": {"get": ("search", "Find shows, products, creators and lines of past shows")},
    "search/suggestions": {"get": ("suggest", "Get what somebody may mean who is still typing")},
    "search/sessions": {"get": ("searchShows", "Find shows")},
    "search/sessions/live": {"get": ("searchLiveShows", "Find shows that are live")},
    "search/sessions/upcoming": {"get": ("searchUpcomingShows", "Find shows that are scheduled")},
    "search/sessions/trending": {"get": ("listTrendingShows", "List the live shows that most people watch now")},
    "search/sessions/creator/{creator}": {"get": ("searchShowsOfCreator", "Find shows of one creator")},
    "search/products": {"get": ("searchProducts", "Find products")},
    "search/creators": {"get": ("searchCreators", "Find creators by name")},
    "search/lines": {"get": ("searchLines", "Find what was said in past shows, with the moment of each line")},
    "sessions/create": {"post": ("createShoppingSession", "Open a session in which friends shop together")},
    "sessions/sess_{key}": {"get": ("getShoppingSession", "Read a shopping session and who takes part")},
    "rooms/{key}/events": {"get": ("listRoomEvents", "Read what was told in a room after a position")},
    "config/webrtc": {"get": ("getWebrtcConfig", "Get ICE servers (as Shop with Friends asks for them)")},
    "ice-servers": {"get": ("getIceServers", "Get ICE servers and how long their credentials are valid")},
    "matches": {"post": ("reserveMatch", "Reserve a call between two people")},
    "sessions/{session_id}/reminder": {
        "post": ("remindMe", "Have a mail sent before a show begins"),
        "delete": ("forgetReminder", "Have no mail sent before a show begins (who is logged in)"),
    },
    "reminders/{token}/unsubscribe": {"post": ("unsubscribe", "Have no more reminders sent to the address of a mail")},
    "shop-calls": {
        "get": ("getShopAvailability", "Read whether the shop can be called now"),
        "post": ("callShop", "Call the shop from a product or a show"),
    },
    "shop-calls/{id}": {
        "get": ("getShopCall", "Read what has become of one's call to the shop"),
        "delete": ("cancelShopCall", "Give up one's call to the shop"),
    },
    "recordings/{id}/outline": {"get": ("getRecordingOutline", "Read what happened when in a recording (staff)")},
    "recordings/{id}/notes/": {
        "get": ("listRecordingNotes", "Read the notes on a recording (staff)"),
        "post": ("addRecordingNote", "Write a note at a moment of a recording (staff)"),
    },
    "recordings/{id}/notes/{note}": {"delete": ("deleteRecordingNote", "Delete a note on a recording (staff)")},
    "recordings/{id}/transcript": {
        "get": ("getRecordingTranscript", "Read what was said in a recording, as text (staff)"),
        "post": ("writeRecordingTranscript", "Have a recording's transcript written anew (staff)"),
    },
    "stats": {"get": ("getCallStats", "Read which calls are going on (staff)")},
    "recordings/": {"get": ("listRecordings", "Find recordings (staff)")},
    "recordings/{id}": {
        "get": ("getRecording", "Read what is known of a recording (staff)"),
        "patch": ("pinRecording", "Keep a recording for longer than others, or no longer (staff)"),
        "delete": ("deleteRecording", "Delete a recording: first its key, then all that it sealed (staff)"),
    },
    "recordings/{id}/events": {"get": ("listRecordedEvents", "Read a recording's events, batch by batch (staff)")},
    "recordings/{id}/audio/{part}.{suffix}": {
        "get": ("hearRecording", "Hear what was said (staff, and whoever said it)")
    },
    "recordings/{id}/archive": {"get": ("downloadRecording", "Take along all of a recording, as a zip file (staff)")},
    "/sessions": {"get": ("listRecordedSessions", "List recordings (as ShopAloud's dashboards ask for them)")},
    "/sessions/{id}": {"get": ("getRecordedSession", "Read a recording (as ShopAloud's dashboards ask for it)")},
    "/users": {"get": ("listRecordedUsers", "List who was recorded (as ShopAloud's dashboards ask for it)")},
    "support/inbound": {"post": ("takeInMail", "Take in an answer to a mail, from a mail provider")},
    "support/figures": {"get": ("getSupportFigures", "Read how many conversations wait, and how fast they go (staff)")},
    "support/start-over": {"post": ("startOver", "Forget who has used this browser, and end what they left open")},
    "support/conversations": {
        "get": ("listConversations", "List one's own conversations with support, or as staff everybody's"),
        "post": ("beginConversation", "Begin a conversation, as staff of a line in a show's chat"),
    },
    "support/conversations/{id}": {"get": ("getConversation", "Read how a conversation stands")},
    "support/conversations/{id}/messages": {
        "get": ("listSupportMessages", "Read what was said in a conversation"),
        "post": ("writeToSupport", "Say something in a conversation"),
    },
    "support/conversations/{id}/attachments": {
        "post": ("uploadAttachment", "Upload a file that is to be sent with a message")
    },
    "support/attachments/{id}": {"get": ("getAttachment", "Download a file that was sent with a message")},
    "support/conversations/{id}/assign": {
        "post": ("assignConversation", "Have one of the staff take care of a conversation (staff)")
    },
    "support/conversations/{id}/status": {
        "post": ("changeConversation", "Resolve, snooze or open a conversation, note priority and tags (staff)")
    },
    "support/conversations/{id}/rating": {"post": ("rateConversation", "Rate one's own resolved conversation")},
    "support/conversations/{id}/transcript": {"get": ("getTranscript", "Download a conversation as a text")},
}
