// @ts-check
/** What the window says, in the page's language. */

const ENGLISH = {
  button: "Ask us",
  title: "Support",
  unread: (/** @type {number} */ count) => (count === 1 ? "1 new message" : `${count} new messages`),
  close: "Close",
  back: "Back",
  past: "Older conversations",
  startOver: "Start over",
  hello: "How can we help you?",
  reader: (/** @type {string} */ name) => `${name} takes care of this.`,
  loading: "One moment…",
  messages: "Messages",
  earlier: "Earlier messages",
  you: "You",
  sending: "Sending…",
  offline: "Waits for the connection",
  delivered: "Delivered",
  read: "Read",
  refused: "Not sent.",
  noAnswer: "Not sent: no answer came.",
  again: "Try again",
  discard: "Discard",
  typing: (/** @type {string} */ name) => `${name} is writing…`,
  lost: "The connection is lost. What you write is sent when it is back.",
  ended: "This page can't be connected. Load it again to go on.",
  message: "Your message",
  send: "Send",
  attach: "Attach pictures or PDF files",
  uploading: (/** @type {string} */ name) => `${name} is being sent…`,
  remove: (/** @type {string} */ name) => `Remove ${name}`,
  tooLarge: (/** @type {string} */ name) => `${name} is larger than 10 MB.`,
  wrongKind: (/** @type {string} */ name) => `${name} is neither a picture (PNG, JPEG, GIF, WebP) nor a PDF.`,
  tooMany: "A message has at most 10 files.",
  failed: (/** @type {string} */ name) => `${name} could not be sent.`,
  wordsFirst: "Write a few words with your file.",
  fullOutbox: "Too many messages are waiting to be sent.",
  away: "Nobody is here just now.",
  awayUntil: (/** @type {string} */ when) => `Nobody is here just now. We are back ${when}.`,
  email: "Your e-mail address, if we may answer by mail (optional)",
  wrongEmail: "This is not a complete e-mail address.",
  resolved: "This conversation is settled. Write again if there is more.",
  rate: "How did we do?",
  scores: ["Very bad", "Bad", "So-so", "Good", "Very good"],
  comment: "What should we know about it? (optional)",
  giveRating: "Send rating",
  rated: "Thank you for telling us.",
  offers: {
    call: (/** @type {string} */ name) => `${name} offers you a call.`,
    party: (/** @type {string} */ name) => `${name} offers to look at things together.`,
  },
  accept: "Accept",
  decline: "No, thanks",
  goTo: { call: "Go to the call", party: "Go and look together" },
  states: {
    offered: "",
    accepted: "You have accepted.",
    declined: "You have declined.",
    expired: "This offer is over.",
  },
  over: "It is over.",
  nonePast: "There are no other conversations.",
  statuses: { open: "Open", pending: "Open", snoozed: "Open", resolved: "Settled" },
  unreachable: "The server can't be reached. Try again.",
  forget: "Start over?",
  forgetWords:
    "On a shared computer: this browser forgets you, and nobody who uses it after you can read your messages here. " +
    "You can't come back to them here either.",
  forgetYes: "Forget me here",
  forgetNo: "Go back",
  about: (/** @type {string} */ name) => `About “${name}”: `,
};

/** @type {typeof ENGLISH} */
const GERMAN = {
  button: "Fragen?",
  title: "Kundendienst",
  unread: (count) => (count === 1 ? "1 neue Nachricht" : `${count} neue Nachrichten`),
  close: "Schließen",
  back: "Zurück",
  past: "Frühere Gespräche",
  startOver: "Neu beginnen",
  hello: "Wie können wir helfen?",
  reader: (name) => `${name} kümmert sich darum.`,
  loading: "Einen Moment …",
  messages: "Nachrichten",
  earlier: "Frühere Nachrichten",
  you: "Sie",
  sending: "Wird gesendet …",
  offline: "Wartet auf die Verbindung",
  delivered: "Zugestellt",
  read: "Gelesen",
  refused: "Nicht gesendet.",
  noAnswer: "Nicht gesendet: Es kam keine Antwort.",
  again: "Noch einmal",
  discard: "Verwerfen",
  typing: (name) => `${name} schreibt …`,
  lost: "Die Verbindung ist unterbrochen. Was Sie schreiben, wird danach gesendet.",
  ended: "Von dieser Seite kommt keine Verbindung zustande. Laden Sie sie neu.",
  message: "Ihre Nachricht",
  send: "Senden",
  attach: "Bilder oder PDF-Dateien anhängen",
  uploading: (name) => `${name} wird gesendet …`,
  remove: (name) => `${name} entfernen`,
  tooLarge: (name) => `${name} ist größer als 10 MB.`,
  wrongKind: (name) => `${name} ist weder ein Bild (PNG, JPEG, GIF, WebP) noch ein PDF.`,
  tooMany: "Eine Nachricht hat höchstens 10 Dateien.",
  failed: (name) => `${name} konnte nicht gesendet werden.`,
  wordsFirst: "Schreiben Sie ein paar Worte zu Ihrer Datei.",
  fullOutbox: "Zu viele Nachrichten warten auf das Senden.",
  away: "Gerade ist niemand da.",
  awayUntil: (when) => `Gerade ist niemand da. Wir sind ${when} zurück.`,
  email: "Ihre E-Mail-Adresse, falls wir per Mail antworten dürfen (freiwillig)",
  wrongEmail: "Das ist keine vollständige E-Mail-Adresse.",
  resolved: "Dieses Gespräch ist erledigt. Schreiben Sie, wenn noch etwas ist.",
  rate: "Waren Sie zufrieden?",
  scores: ["Gar nicht", "Wenig", "Teils, teils", "Zufrieden", "Sehr zufrieden"],
  comment: "Was sollten wir dazu wissen? (freiwillig)",
  giveRating: "Bewertung senden",
  rated: "Danke für Ihre Bewertung.",
  offers: {
    call: (name) => `${name} bietet Ihnen einen Anruf an.`,
    party: (name) => `${name} bietet an, gemeinsam zu schauen.`,
  },
  accept: "Annehmen",
  decline: "Nein, danke",
  goTo: { call: "Zum Anruf", party: "Gemeinsam schauen" },
  states: {
    offered: "",
    accepted: "Sie haben angenommen.",
    declined: "Sie haben abgelehnt.",
    expired: "Dieses Angebot gilt nicht mehr.",
  },
  over: "Das ist vorbei.",
  nonePast: "Es gibt keine anderen Gespräche.",
  statuses: { open: "Offen", pending: "Offen", snoozed: "Offen", resolved: "Erledigt" },
  unreachable: "Der Server ist nicht zu erreichen. Versuchen Sie es noch einmal.",
  forget: "Neu beginnen?",
  forgetWords:
    "Für gemeinsam genutzte Geräte: Dieser Browser vergisst Sie, und wer ihn nach Ihnen benutzt, kann Ihre Nachrichten " +
    "hier nicht lesen. Auch Sie kommen hier nicht zu ihnen zurück.",
  forgetYes: "Hier vergessen",
  forgetNo: "Zurück",
  about: (name) => `Zu „${name}“: `,
};

/** @typedef {typeof ENGLISH} Texts */

export function chosenTexts() {
  const language = (document.documentElement.lang || navigator.language).toLowerCase().startsWith("de") ? "de" : "en";
  return { texts: language === "de" ? GERMAN : ENGLISH, language };
}

/** When somebody is back: within a week the weekday says enough. @param {string} iso @param {string} language */
export function moment(iso, language) {
  const at = new Date(iso);
  const isSoon = at.getTime() - Date.now() < 6 * 86_400_000;
  /** @type {Intl.DateTimeFormatOptions} */
  const day = isSoon ? { weekday: "long" } : { day: "numeric", month: "long" };
  return at.toLocaleString(language, { ...day, hour: "2-digit", minute: "2-digit" });
}

/** When something was said. @param {string} iso @param {string} language */
export function clock(iso, language) {
  const at = new Date(iso);
  const isToday = at.toDateString() === new Date().toDateString();
  /** @type {Intl.DateTimeFormatOptions} */
  const day = isToday ? {} : { day: "numeric", month: "short" };
  return at.toLocaleString(language, { ...day, hour: "2-digit", minute: "2-digit" });
}

/** @param {number} bytes @param {string} language */
export function size(bytes, language) {
  const unit = bytes < 1e6 ? "kilobyte" : "megabyte";
  const style = /** @type {const} */ ({ style: "unit", unit, maximumFractionDigits: 1 });
  return new Intl.NumberFormat(language, style).format(bytes < 1e6 ? Math.ceil(bytes / 1e3) : bytes / 1e6);
}
