// The usual chat server on `socket.io`: its rooms, its acks. ADAPTER=1 adds the Redis adapter that several processes need,
// STORE=1 one INSERT per message before it is shown.
const { randomUUID } = require("crypto");
const http = require("http").createServer();
const { Server } = require("socket.io");
const store = require("./store.js");

const io = new Server(http, { perMessageDeflate: false });

async function connectRedis() {
  const { createClient } = require("redis");
  const { createAdapter } = require("@socket.io/redis-adapter");
  const path = new URL(process.env.REDIS_URL).pathname;
  const publisher = createClient(process.env.REDIS_URL.startsWith("unix:") ? { socket: { path } } : { url: process.env.REDIS_URL });
  const subscriber = publisher.duplicate();
  await Promise.all([publisher.connect(), subscriber.connect()]);
  io.adapter(createAdapter(publisher, subscriber));
}

io.on("connection", (socket) => {
  socket.on("join-session", (message, answer) => {
    socket.join(message.sessionId);
    answer?.({ ok: true });
  });
  socket.on("send-message", async (message, answer) => {
    if (typeof message.message !== "string" || !message.message || message.message.length > 500) return;
    const shown = store.line(randomUUID(), message);
    if (process.env.STORE) await store.insert(shown);
    io.to(message.sessionId).emit("new-message", shown);
    answer?.({ ok: true, id: shown.id });
  });
});

(async () => {
  if (process.env.ADAPTER) await connectRedis();
  http.listen({ host: "127.0.0.1", port: +process.env.PORT, backlog: 4096 });
})();
