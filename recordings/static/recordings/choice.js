// @ts-check
/** What a visitor has answered, remembered by this shop's origin; and who they are in the recordings. */

/** @typedef {"given" | "declined" | "stopped"} Answer */
/** @typedef {{ recording: string, events?: number, parts?: number }} Counted what is added to this browser's numbers */
/** @typedef {{ answer?: Answer, version: string, at: number, owed?: boolean }} Decision */
/** @typedef {Decision & { participant: string, counted?: Counted }} Kept */

const DAY = 86_400_000; // ms
const LASTS = { given: DAY, stopped: DAY, declined: 180 * DAY }; // then they are asked again

export class Choice {
  #key;
  /** @type {Kept} */ #kept;

  /** @param {string} server @param {string} participant */
  constructor(server, participant) {
    this.#key = `vitrine.recording ${server}`;
    const kept = read(this.#key);
    const isOther = Boolean(participant) && kept?.participant !== participant;
    this.#kept = kept && !isOther ? kept : { version: "", at: 0, participant: participant || newId() };
  }

  /** @returns {Answer | undefined} */
  get answer() {
    const { answer, at } = this.#kept;
    return answer && Date.now() - at < LASTS[answer] ? answer : undefined;
  }

  get participant() {
    return this.#kept.participant;
  }

  get consent() {
    return { version: this.#kept.version, at: this.#kept.at };
  }

  /** Whether the server has still to be told to delete what it has. */
  get isOwed() {
    return this.#kept.owed ?? false;
  }

  /** @param {Answer} answer @param {string} version */
  answered(answer, version) {
    this.#keep({ answer, version, at: Date.now() });
  }

  /** @param {boolean} owed */
  owe(owed) {
    this.#keep({ owed });
  }

  // --- a recording's own numbers, which begin at 0, while this browser counts through all of them

  /** What follows belongs to this recording. @param {string | null | undefined} recording */
  count(recording) {
    this.#kept = read(this.#key) ?? this.#kept; // another tab may have counted meanwhile
    if (recording && this.#kept.counted?.recording !== recording) this.#keep({ counted: { recording } });
  }

  /**
   * The number in the recording; the first that is asked for is 0.
   * @param {"events" | "parts"} kind
   * @param {number} number
   */
  counted(kind, number) {
    const counted = this.#kept.counted ?? { recording: "" };
    if (counted[kind] === undefined) this.#keep({ counted: { ...counted, [kind]: -number } });
    return number + (this.#kept.counted?.[kind] ?? 0);
  }

  /** Leaves numbers out that the server has from before this browser forgot how far it was. @param {number} by */
  skip(by) {
    const counted = this.#kept.counted ?? { recording: "" };
    this.#keep({ counted: { ...counted, events: (counted.events ?? 0) + by } });
  }

  /** Where somebody else holds the id that was made here. */
  renew() {
    this.#keep({ participant: newId() });
  }

  /** @param {Partial<Kept>} facts */
  #keep(facts) {
    this.#kept = { ...this.#kept, ...facts };
    try {
      localStorage.setItem(this.#key, JSON.stringify(this.#kept));
    } catch {
      // then it lasts as long as the page
    }
  }
}

/** @param {string} key @returns {Kept | undefined} */
function read(key) {
  try {
    const kept = JSON.parse(localStorage.getItem(key) ?? "null");
    return typeof kept?.participant === "string" && kept.participant ? kept : undefined;
  } catch {
    return undefined;
  }
}

const newId = () => String.fromCharCode(...crypto.getRandomValues(new Uint8Array(24)).map((byte) => 97 + (byte % 26)));
