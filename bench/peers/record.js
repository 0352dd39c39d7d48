// The usual recorder on `ws`: one INSERT for each event, through a pool of ten connections. What has an `op` is answered
// when it and everything before it on its connection is stored. It believes every client, limits nobody, seals nothing.
const { Pool } = require("pg");
const { WebSocketServer } = require("ws");

const INSERT = {
  name: "insert",
  text: "INSERT INTO peer_event (user_id, kind, data, at) VALUES ($1, $2, $3, $4)",
};
const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 10 });
const insert = (user, kind, data, at) => pool.query({ ...INSERT, values: [user, kind, JSON.stringify(data), at] });

function store(message) {
  if (message.type === "recording:events")
    return message.events.map((each) => insert(message.username, each.event, each.data, each.timestamp));
  return [insert(message.username, message.type, message.data, Date.now())];
}

function hear(socket, said) {
  const message = JSON.parse(said);
  if (message.type !== "user:connected") socket.pending.push(...store(message));
  if (!message.op) return;
  const stored = Promise.all(socket.pending.splice(0));
  stored.then(() => socket.send(JSON.stringify({ type: "ack", op: message.op, ok: true })), console.error);
}

(async () => {
  await pool.query(
    "CREATE TABLE IF NOT EXISTS peer_event (id bigserial PRIMARY KEY, user_id text, kind text, data text, at bigint)",
  );
  const server = new WebSocketServer({ host: "127.0.0.1", port: +process.env.PORT, perMessageDeflate: false });
  server.on("connection", (socket) => {
    socket.pending = [];
    socket.on("error", () => {});
    socket.on("message", (said) => hear(socket, said));
  });
})();
