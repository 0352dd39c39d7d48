// @ts-check
/** The files beside a message that is being written: checked, and uploaded as soon as there is a conversation. */

import { iconButton, made, say } from "./elements.js";
import { Refused } from "./api.js";

/** @import { Attachment } from "../../realtime/client.js" */
/** @import { Api } from "./api.js" */
/** @import { Kept } from "./kept.js" */
/** @import { Texts } from "./texts.js" */

const KINDS = ["image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf"];
const MAX_BYTES = 10 * 1024 * 1024;
const MAX_FILES = 10;

export class Files {
  #parts;
  #conversation;
  #tell;
  /** @type {Attachment[]} */ #sent;
  /** @type {File[]} that wait for a conversation */ #held = [];
  #uploading = "";
  /** @type {Promise<void>} */ #running = Promise.resolve();
  #list = made("ul", { class: "files" });
  #input = made("input", { type: "file", hidden: true, multiple: true, accept: KINDS.join() });

  /**
   * @param {{ api: Api, kept: Kept, texts: Texts }} parts
   * @param {() => string | undefined} conversation
   * @param {(words: string) => void} tell
   */
  constructor(parts, conversation, tell) {
    this.#parts = parts;
    this.#conversation = conversation;
    this.#tell = tell;
    this.#sent = parts.kept.all.attached;
    this.#input.addEventListener("change", () => {
      void this.add([...(this.#input.files ?? [])]);
      this.#input.value = "";
    });
    this.button = iconButton("attach", parts.texts.attach, () => this.#input.click());
    this.element = made("div", {}, [this.#list, this.#input]);
    this.#draw();
  }

  /** Those that have arrived. */
  get attachments() {
    return this.#sent;
  }

  get isUploading() {
    return this.#uploading !== "";
  }

  /** Resolves when what is on its way has arrived, or could not. */
  get settled() {
    return this.#running;
  }

  get waitsForConversation() {
    return this.#held.length > 0;
  }

  /** @param {File[]} files */
  async add(files) {
    const { texts } = this.#parts;
    for (const file of files) {
      if (this.#sent.length + this.#held.length >= MAX_FILES) return this.#tell(texts.tooMany);
      if (!KINDS.includes(file.type)) this.#tell(texts.wrongKind(file.name));
      else if (file.size > MAX_BYTES) this.#tell(texts.tooLarge(file.name));
      else this.#held.push(file);
    }
    this.#draw();
    await this.upload();
  }

  /** Sends what waits, one after the other; what could not be sent stays, to be tried again with the message. */
  upload() {
    this.#running = this.#running.then(() => this.#upload());
    return this.#running;
  }

  async #upload() {
    const { api, texts } = this.#parts;
    while (this.#held.length) {
      const [file] = this.#held;
      const conversation = this.#conversation();
      if (!conversation) return;
      this.#uploading = file.name;
      this.#draw();
      try {
        this.#keep([...this.#sent, await api.upload(conversation, file)]);
        this.#held = this.#held.filter((each) => each !== file);
      } catch (error) {
        const why = error instanceof Refused ? error.message : "";
        return this.#tell(`${texts.failed(file.name)} ${why}`.trim());
      } finally {
        this.#uploading = "";
        this.#draw();
      }
    }
  }

  /** They have gone with a message. */
  clear() {
    this.#keep([]);
    this.#draw();
  }

  /** @param {Attachment[]} sent */
  #keep(sent) {
    this.#sent = sent;
    this.#parts.kept.keep({ attached: sent });
  }

  #draw() {
    const { texts } = this.#parts;
    const dropSent = (/** @type {Attachment} */ file) => this.#keep(this.#sent.filter((each) => each !== file));
    const dropHeld = (/** @type {File} */ file) => void (this.#held = this.#held.filter((each) => each !== file));
    const sent = this.#sent.map((file) => this.#entry(file.name, () => dropSent(file)));
    const held = this.#held.map((file) => this.#entry(file.name, () => dropHeld(file)));
    this.#list.replaceChildren(...sent, ...held);
    this.#list.hidden = !this.#list.children.length;
    if (this.#uploading) this.#tell(texts.uploading(this.#uploading));
  }

  /** @param {string} name @param {() => void} drop */
  #entry(name, drop) {
    const remove = iconButton("close", this.#parts.texts.remove(name), () => {
      drop();
      this.#draw();
      this.button.focus();
    });
    const words = made("span");
    say(words, name);
    return made("li", {}, [words, remove]);
  }
}
