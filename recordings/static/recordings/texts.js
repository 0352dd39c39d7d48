// @ts-check
/** What the prompt says. A changed meaning takes a new edition: it is stored with each consent, with the language. */

const EDITION = "1";

const ENGLISH = {
  title: "May we record your visit?",
  page:
    "We would like to learn how people use this shop. With your consent we record this site as you see it, " +
    "and your pointer, scrolling and clicks. What you type is not recorded.",
  voice: "We also record your voice, so please think aloud. Your browser asks for the microphone next.",
  rights: "Nothing is sent before you agree. You can stop at any time, and have everything deleted.",
  privacy: "Privacy notice",
  agree: "Agree and record",
  decline: "No, thanks",
  running: "Recording",
  options: "Stop the recording…",
  stopTitle: "Stop the recording?",
  stop: "Stop",
  withdraw: "Stop and delete it",
  goOn: "Go on recording",
};

/** @type {typeof ENGLISH} */
const GERMAN = {
  title: "Dürfen wir Ihren Besuch aufzeichnen?",
  page:
    "Wir möchten lernen, wie dieser Shop benutzt wird. Mit Ihrer Einwilligung zeichnen wir diese Seiten auf, wie Sie " +
    "sie sehen, und wie Sie zeigen, scrollen und klicken. Was Sie eintippen, wird nicht aufgezeichnet.",
  voice: "Auch Ihre Stimme wird aufgezeichnet: Bitte denken Sie laut. Der Browser fragt als Nächstes nach dem Mikrofon.",
  rights: "Vor Ihrer Einwilligung wird nichts übertragen. Sie können jederzeit aufhören und alles löschen lassen.",
  privacy: "Datenschutzhinweise",
  agree: "Einwilligen und aufzeichnen",
  decline: "Nein, danke",
  running: "Aufzeichnung läuft",
  options: "Aufzeichnung beenden …",
  stopTitle: "Aufzeichnung beenden?",
  stop: "Beenden",
  withdraw: "Beenden und löschen",
  goOn: "Weiter aufzeichnen",
};

/** @typedef {typeof ENGLISH} Texts */

/** The texts in the page's language, and what they are called in a consent. @param {boolean} hasVoice */
export function chosenTexts(hasVoice) {
  const language = (document.documentElement.lang || navigator.language).toLowerCase().startsWith("de") ? "de" : "en";
  const texts = language === "de" ? GERMAN : ENGLISH;
  return { texts, language, version: `${EDITION}.${language}${hasVoice ? ".voice" : ""}` };
}
