// The usual chat server on `ws`: a set of sockets per room, one send for each. With STORE=1 it stores each message, by one
// INSERT, before it shows it. It believes every client, limits nobody, and numbers nothing.
const { randomUUID } = require("crypto");
const { WebSocketServer } = require("ws");
const store = require("./store.js");

const rooms = new Map();
const counts = {};
let likes = 0;

function join(socket, room) {
  if (!rooms.has(room)) rooms.set(room, new Set());
  rooms.get(room).add(socket);
  socket.on("close", () => rooms.get(room).delete(socket));
}

function tell(room, message) {
  const text = JSON.stringify(message);
  for (const socket of rooms.get(room) ?? []) if (socket.readyState === 1) socket.send(text);
}

async function hear(socket, said) {
  const message = JSON.parse(said);
  const answer = (fields) => message.op && socket.send(JSON.stringify({ type: "ack", op: message.op, ok: true, ...fields }));
  switch (message.type) {
    case "join-session":
      join(socket, message.sessionId);
      answer();
      break;
    case "send-message": {
      if (typeof message.message !== "string" || !message.message || message.message.length > 500) return;
      const shown = store.line(randomUUID(), message);
      if (process.env.STORE) await store.insert(shown);
      tell(message.sessionId, { type: "new-message", ...shown });
      answer({ id: shown.id });
      break;
    }
    case "send-reaction":
      counts[message.kind] = (counts[message.kind] ?? 0) + 1;
      tell(message.sessionId, { type: "new-reaction", kind: message.kind, timestamp: new Date() });
      answer();
      break;
    case "toggle-like":
      tell(message.sessionId, { type: "likes-updated", sessionId: message.sessionId, likes: ++likes });
      break;
    case "ping":
      socket.send(JSON.stringify({ type: "pong" }));
  }
}

const server = new WebSocketServer({ host: "127.0.0.1", port: +process.env.PORT, backlog: 4096, perMessageDeflate: false });
server.on("connection", (socket) => {
  socket.on("error", () => {});
  socket.on("message", (said) => hear(socket, said).catch(console.error));
});
