// A chat line as viewers see it, and its row.
const { Pool } = require("pg");

const INSERT = {
  name: "insert",
  text: "INSERT INTO peer_chat (id, session_id, name, text, created_at) VALUES ($1, $2, $3, $4, $5)",
};

let pool;

exports.line = (id, { sessionId, userName = "Guest 31415", message }) => ({
  id,
  message,
  userId: null,
  userName,
  username: userName,
  sessionId,
  createdAt: new Date().toISOString(),
});

exports.insert = (line) => {
  pool ??= new Pool({ connectionString: process.env.DATABASE_URL, max: 10 });
  return pool.query({ ...INSERT, values: [line.id, line.sessionId, line.userName, line.message, line.createdAt] });
};
