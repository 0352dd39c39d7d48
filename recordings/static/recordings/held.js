// @ts-check
/**
 * What the server has not acknowledged yet, in IndexedDB: it outlives the page, and all tabs of a shop share it.
 */

const MOST = 50_000_000; // bytes; beyond, the oldest is dropped
const LEFT = 40_000_000; // bytes that are left then
const KINDS = /** @type {const} */ (["events", "audio"]);

/** @typedef {"events" | "audio"} Kind */
/** @typedef {{ url?: string, part?: number, chunk?: number, mime?: string, at?: number }} About */
/** @typedef {About & { body: string | ArrayBuffer, size: number }} Item */
/** @typedef {Item & { number: number }} Kept */

export class Held {
  /** @type {Promise<IDBDatabase>} */ #database;
  #dropped;
  #size = 0;

  /** @param {string} name @param {(count: number) => void} dropped is told how many were dropped */
  constructor(name, dropped) {
    this.#dropped = dropped;
    this.#database = open(name);
    this.#database.then((database) => this.#measure(database)).catch(() => {});
  }

  /** Whether this browser keeps anything. @returns {Promise<boolean>} */
  works() {
    return this.#database.then(() => true, () => false);
  }

  /**
   * Keeps an item under the next number of its kind. It is committed at once: a page that goes does not see it done.
   * @param {Kind} kind
   * @param {Item} item
   */
  async add(kind, item) {
    const transaction = (await this.#database).transaction(kind, "readwrite");
    const done = ended(transaction);
    transaction.objectStore(kind).add(item);
    transaction.commit?.();
    await done;
    this.#size += item.size;
    if (this.#size > MOST) await this.#drop();
  }

  /** The oldest ones. @param {Kind} kind @param {number} count @returns {Promise<Kept[]>} */
  async oldest(kind, count) {
    const store = (await this.#database).transaction(kind).objectStore(kind);
    return asked(store.getAll(undefined, count));
  }

  /** @param {Kind} kind @param {Kept} item */
  async remove(kind, item) {
    const transaction = (await this.#database).transaction(kind, "readwrite");
    transaction.objectStore(kind).delete(item.number);
    await ended(transaction);
    this.#size = Math.max(0, this.#size - item.size);
  }

  /** Forgets everything, though not how far the numbers are. */
  async clear() {
    const transaction = (await this.#database).transaction(KINDS, "readwrite");
    for (const kind of KINDS) transaction.objectStore(kind).clear();
    await ended(transaction);
    this.#size = 0;
  }

  /** The number of a new part of the sound. @returns {Promise<number>} */
  async part() {
    const transaction = (await this.#database).transaction("parts", "readwrite");
    const store = transaction.objectStore("parts");
    const number = Number(await asked(store.add({})));
    store.clear();
    await ended(transaction);
    return number;
  }

  /** Drops the oldest until there is room: sound, of which there is most, and events alike. */
  async #drop() {
    const database = await this.#database;
    await this.#measure(database);
    let count = 0;
    while (this.#size > LEFT) {
      const oldest = [];
      for (const kind of KINDS) for (const item of await this.oldest(kind, 20)) oldest.push({ kind, item });
      if (!oldest.length) break;
      for (const { kind, item } of oldest) {
        if (this.#size <= LEFT) break;
        await this.remove(kind, item);
        count++;
      }
    }
    if (count) this.#dropped(count);
  }

  /** @param {IDBDatabase} database */
  async #measure(database) {
    const transaction = database.transaction(KINDS);
    let size = 0;
    for (const kind of KINDS) {
      const sizes = transaction.objectStore(kind).index("size").openKeyCursor();
      sizes.onsuccess = () => {
        const cursor = sizes.result;
        if (!cursor) return;
        size += Number(cursor.key);
        cursor.continue();
      };
    }
    await ended(transaction);
    this.#size = size;
  }
}

/** @param {string} name @returns {Promise<IDBDatabase>} */
function open(name) {
  return new Promise((done, failed) => {
    const request = indexedDB.open(name, 1); // throws where storage is forbidden
    request.onupgradeneeded = () => {
      for (const kind of KINDS) {
        request.result.createObjectStore(kind, { keyPath: "number", autoIncrement: true }).createIndex("size", "size");
      }
      request.result.createObjectStore("parts", { keyPath: "number", autoIncrement: true });
    };
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const asked = (request) =>
  new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });

/** @param {IDBTransaction} transaction @returns {Promise<void>} */
const ended = (transaction) =>
  new Promise((done, failed) => {
    transaction.oncomplete = () => done();
    transaction.onabort = transaction.onerror = () => failed(transaction.error);
  });
