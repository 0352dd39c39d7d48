// @ts-check
/** The ICE servers that this shop's server hands out, with TURN credentials that are valid for a while. */

import { call } from "../common/api.js";

/** @returns {Promise<RTCConfiguration>} */
export async function iceConfiguration() {
  const { iceServers, iceTransportPolicy } = await call("GET", "ice-servers");
  return iceTransportPolicy ? { iceServers, iceTransportPolicy } : { iceServers };
}
