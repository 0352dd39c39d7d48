/** What capture.js is given and tells; browsers never load this file. */

export interface Options {
  /** The origin that keeps the recordings; by default the one that the script was loaded from. */
  server?: string;
  /** Who this is in your study, at most 64 characters; by default an id that this browser keeps. */
  participant?: string;
  /** Whether the voice is recorded too. */
  microphone?: boolean;
  /** Whether pictures are kept with the recording, and not only their addresses. */
  images?: boolean;
  /** The address of your privacy notice, for the prompt. */
  privacy?: string;
  /** false: your page asks by itself, calls `agree` or `decline`, and offers `stop`. */
  prompt?: boolean;
  /** Which text your page has asked with, at most 100 characters. */
  version?: string;
}

/** `paused`: another tab of the shop is looked at and records. `refused`: the server takes nothing from this page. */
export type State = "idle" | "asking" | "recording" | "paused" | "declined" | "stopped" | "refused";

export interface Events {
  state: State;
  /** Something was lost or refused; it is on the console too. */
  notice: string;
  /** The server has stored something more. */
  stored: undefined;
}
