// @ts-check
/** How good a WebRTC connection is, read from two of its statistics reports in turn. */

/** @typedef {"good" | "fair" | "poor"} Level */

/**
 * @typedef {object} Quality
 * @property {Level} level
 * @property {number} rtt seconds to the other side and back
 * @property {number} loss the share of packets that did not arrive since the last report, in the worse direction
 * @property {number} received bits per second
 * @property {number} sent bits per second
 * @property {number} frames pictures decoded so far
 */

/** @typedef {{ at: number, packets: number, lost: number, received: number, sent: number }} Totals so far */

// From here on a conversation suffers, and then breaks: delays after ITU-T G.114, losses after what Opus and VP8 conceal.
const FAIR = { rtt: 0.3, loss: 0.03 };
const POOR = { rtt: 0.8, loss: 0.1 };

export class Meter {
  /** @type {Totals} */ #before = { at: 0, packets: 0, lost: 0, received: 0, sent: 0 };

  /**
   * @param {RTCStatsReport} report
   * @returns {Quality}
   */
  read(report) {
    const now = { ...this.#before, packets: 0, lost: 0, received: 0, sent: 0 };
    const seen = { rtt: 0, loss: 0, frames: 0 };
    report.forEach((row) => count(row, now, seen));
    const before = this.#before;
    this.#before = now;
    const seconds = before.at ? (now.at - before.at) / 1000 : 0;
    const gone = Math.max(0, now.lost - before.lost);
    const expected = gone + Math.max(0, now.packets - before.packets);
    const loss = Math.max(seen.loss, expected ? gone / expected : 0);
    return {
      level: level(seen.rtt, loss),
      rtt: seen.rtt,
      loss,
      received: rate(now.received - before.received, seconds),
      sent: rate(now.sent - before.sent, seconds),
      frames: seen.frames,
    };
  }
}

/**
 * Adds one row of a report; rows of kinds that do not matter here are passed over.
 * @param {any} row
 * @param {Totals} totals
 * @param {{ rtt: number, loss: number, frames: number }} seen
 */
function count(row, totals, seen) {
  totals.at = Math.max(totals.at, row.timestamp);
  if (row.type === "inbound-rtp") {
    totals.packets += row.packetsReceived ?? 0;
    totals.lost += row.packetsLost ?? 0;
    totals.received += row.bytesReceived ?? 0;
    seen.frames += row.framesDecoded ?? 0;
  } else if (row.type === "outbound-rtp") {
    totals.sent += row.bytesSent ?? 0;
  } else if (row.type === "remote-inbound-rtp") {
    seen.loss = Math.max(seen.loss, row.fractionLost ?? 0);
  } else if (row.type === "candidate-pair" && row.nominated) {
    seen.rtt = Math.max(seen.rtt, row.currentRoundTripTime ?? 0);
  }
}

/** @param {number} rtt @param {number} loss @returns {Level} */
function level(rtt, loss) {
  if (rtt > POOR.rtt || loss > POOR.loss) return "poor";
  return rtt > FAIR.rtt || loss > FAIR.loss ? "fair" : "good";
}

/** @param {number} bytes @param {number} seconds */
function rate(bytes, seconds) {
  return seconds > 0 ? Math.max(0, Math.round((bytes * 8) / seconds)) : 0;
}
