// Drives the unmodified socket.io-client: orders come as lines of JSON on stdin, what is heard goes out on stdout.
"use strict";

const readline = require("node:readline");
const { io } = require("socket.io-client");

// Bytes stand in an order as {"$bytes": base64}.
const revive = (key, value) => (typeof value?.$bytes === "string" ? Buffer.from(value.$bytes, "base64") : value);

const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");
let socket = null;

function connect(url, options) {
  socket = io(url, options);
  socket.on("connect", () => say({ event: "connect", data: null }));
  socket.on("connect_error", (error) => say({ event: "connect_error", data: error.message }));
  socket.on("disconnect", (reason) => say({ event: "disconnect", data: reason }));
  socket.onAny((event, ...data) => say({ event, data: data[0] ?? null }));
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const order = JSON.parse(line, revive);
  if (order.connect) {
    connect(order.connect, order.options);
  } else if (order.emit) {
    socket.emit(order.emit, ...order.arguments, (data) => say({ ack: order.number, data }));
  } else if (order.close) {
    socket.close();
    process.exit(0);
  }
});
