// @ts-check
/** An EventTarget whose events have types: what each carries comes to the listener as it is. */

/** @template {object} Events what each event carries, by its name */
export class Emitter extends EventTarget {
  /**
   * Hears one kind of event; returns what stops it.
   * @template {keyof Events & string} T
   * @param {T} type
   * @param {(detail: Events[T]) => void} listener
   * @returns {() => void}
   */
  on(type, listener) {
    /** @param {Event} event */
    const hear = (event) => listener(/** @type {CustomEvent} */ (event).detail);
    this.addEventListener(type, hear);
    return () => this.removeEventListener(type, hear);
  }

  /**
   * For the class itself.
   * @template {keyof Events & string} T
   * @param {T} type
   * @param {Events[T]} detail
   */
  emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
