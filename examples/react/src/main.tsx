/** The page: which server and which call are in its address, `?server=http://127.0.0.1:8000&match=tea`. */

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { Call } from "./Call";

const asked = new URLSearchParams(location.search);
const place = { server: asked.get("server") ?? "http://127.0.0.1:8000", matchId: asked.get("match") ?? "tea" };

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <Call {...place} />
  </StrictMode>,
);
