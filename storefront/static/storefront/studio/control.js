// @ts-check
/** The desk from which a creator runs one show. */

import { call } from "../common/api.js";
import { Camera } from "../media/camera.js";
import { Chat } from "../show/chat.js";
import { Vitrine } from "../../realtime/client.js";
import { Composer } from "../show/composer.js";
import { checkOff } from "./checklist.js";
import { announce } from "../common/connection.js";
import { confirmed, FormDialog, pressing } from "../common/dialogs.js";
import { bdi, clone, data, query, queryAll } from "../common/dom.js";
import { Dropping } from "./dropping.js";
import { drawFigures } from "./figures.js";
import { followKeyboard } from "../common/keyboard.js";
import { Lineup } from "./lineup.js";
import { ProductForm } from "./product_form.js";
import { mendImages } from "../common/products.js";
import { Moderation } from "../show/moderation.js";
import { offerReplay } from "./replaying.js";
import { Questions } from "../show/questions.js";
import { follow } from "../show/show.js";
import { Timer } from "./timer.js";
import { offerZones } from "./zones.js";

/** @import { Product } from "../common/messages.js" */

const LOOK = 3_000; // ms at least between two looks at who is watching

const show = data("show-facts");
/** @type {Product[]} */
const products = data("product-facts");
const path = `sessions/${show.id}`;
const root = query("[data-show]");
const client = new Vitrine();
const chat = new Chat(query("[data-chat]"), show, data("reader-facts"));
const lineup = new Lineup(show.id, new Map(products.map((product) => [product.id, product])), data("lineup-facts"));
const dropping = new Dropping(client, show.id, () => lineup.listed);
const productForm = new ProductForm();
const timer = new Timer(query("[data-timer]"), show.secondsOn);

let entered = false; // whether the show's room has let this page in
let offered = false; // how the show can be watched again

/** @param {string | undefined} status */
const see = (status) => {
  camera?.follow(status === "live");
  timer.follow(status);
  if (status !== "ended") return;
  void drawFigures(show.id);
  if (!offered) void offerReplay(show.id);
  offered = true;
};

/** @param {"live" | "paused" | "ended"} status */
const become = (status) => {
  root.dataset.status = status;
  see(status);
};

/** Going live with nothing to be seen is asked about first: it is forgotten more often than meant. */
const blind = async () => {
  const question = "Your camera is off, so viewers will see no picture. Go live all the same?";
  return camera !== null && !camera.sees && !(await confirmed(question, "Go live without a picture"));
};

/** @type {Record<string, () => Promise<unknown>>} */
const verbs = {
  start: async () => {
    if (await blind()) return;
    await call("POST", `${path}/start-stream`);
    become("live");
  },
  pause: () => call("PATCH", `${path}/status`, { status: "paused" }).then(() => become("paused")),
  resume: () => call("PATCH", `${path}/status`, { status: "live" }).then(() => become("live")),
  end: async () => {
    if (!(await confirmed("End the show for everyone? It can't be started again.", "End the show"))) return;
    await call("POST", `${path}/end-stream`);
    become("ended");
  },
  open: async () => {
    if (!(await confirmed("Open this show to everybody? What was said in the rehearsal is deleted.", "Open to everybody"))) return;
    await call("POST", `${path}/open`);
    location.reload();
  },
  delete: async () => {
    if (!(await confirmed("Delete this show with its chat and its numbers?", "Delete"))) return;
    await call("DELETE", path);
    location.assign("/studio/");
  },
};
for (const button of queryAll("[data-go]")) pressing(button, query("[data-error]"), verbs[button.dataset.go ?? ""]);

// --- who is watching

let looking = 0;

/** Told of each change, but looks only now and then: in a big room somebody comes or goes all the time. @param {number} count */
function look(count) {
  query("[data-nobody]").hidden = count > 0;
  looking ||= setTimeout(async () => {
    looking = 0;
    const seen = await call("GET", `${path}/analytics/live`).catch(() => null);
    if (seen) query("[data-people]").replaceChildren(...seen.viewers.map(person));
  }, LOOK);
}

/** @param {{ username: string }} viewer */
function person({ username }) {
  const element = document.createElement("li");
  element.className = "badge";
  element.append(bdi(username));
  return element;
}

// --- raised hands

/** @type {Map<string, HTMLElement>} the rows of the list, by who raised the hand */
const hands = new Map();

/** @param {{ userId: number | null, userName: string, raised: boolean }} hand */
function draw({ userId, userName, raised }) {
  const who = userId === null ? `guest ${userName}` : `user ${userId}`;
  if (!raised) return lower(who);
  if (hands.has(who)) return;
  const row = clone("raised-hand");
  const dismiss = query("[data-dismiss]", row);
  query("[data-name]", row).textContent = userName;
  query("[data-guest]", row).hidden = userId !== null;
  dismiss.ariaLabel = `Dismiss: ${userName}`;
  dismiss.addEventListener("click", () => {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    lower(who);
    (next ? query("[data-dismiss]", next) : query("#hands-heading")).focus(); // not lost with the row
  });
  hands.set(who, row);
  query("[data-hands]").append(row);
  countHands();
}

/** @param {string} who */
function lower(who) {
  hands.get(who)?.remove();
  hands.delete(who);
  countHands();
}

/** Beside the show's state too, which is seen where the list is not. */
function countHands() {
  query("[data-no-hands]").hidden = hands.size > 0;
  query("[data-hands-up]").hidden = hands.size === 0;
  query("[data-hands-up] [data-count]").textContent = String(hands.size);
}

// --- the small tools

pressing(query("[data-copy]"), query("[data-error]"), async () => {
  const field = /** @type {HTMLInputElement} */ (query("[data-share]"));
  field.select();
  await navigator.clipboard?.writeText(field.value);
  query("[data-words]", query("[data-copy]")).textContent = "Copied";
});

query("[data-rules]").addEventListener("change", async ({ target }) => {
  const place = query("[data-rules] [data-error]");
  const rule = target instanceof HTMLInputElement ? target.checked : Number(/** @type {HTMLSelectElement} */ (target).value);
  const { name } = /** @type {HTMLInputElement | HTMLSelectElement} */ (target);
  place.textContent = await call("PATCH", `${path}/moderation`, { [name]: rule }).then(() => "", (error) => error.message);
});

/** What the show says of itself, as it was read or saved last. */
const announced = { startsAt: show.startsAt, cover: show.cover };

const showForm = new FormDialog("[data-show-form]");
query("[data-change-show]").addEventListener("click", () => {
  showForm.open(async (words) => {
    const { title, startsAt, cover } = await call("PATCH", path, Object.fromEntries(words));
    Object.assign(announced, { startsAt, cover });
    query("#show-title").textContent = title;
  });
});

query("[data-new-product]").addEventListener("click", () => {
  productForm.open(null, async (product) => {
    lineup.products.set(product.id, product);
    await lineup.add(product.id);
  });
});
productForm.suggest(products.map(({ category }) => category));

mendImages();
offerZones();
followKeyboard();
announce(client);
chat.hear(client);
new Composer(query("[data-composer]"), chat, client);
const questions = new Questions(chat, client);
const moderation = new Moderation(chat, client);
client.on("moderator-changed", ({ moderates }) => {
  chat.reader.moderates = moderates;
  moderation.follow();
  questions.redraw();
});
client.on("hand-raised", draw);
client.on("product-click-stats", ({ productStats }) => lineup.count(productStats));
const panel = document.querySelector("[data-camera]");
const camera =
  panel instanceof HTMLElement
    ? new Camera(panel, {
        provider: show.provider,
        client,
        records: !show.rehearsal,
        sessionId: show.id,
        access: () => call("POST", `${path}/refresh-token`, { role: "publisher" }),
      })
    : null;
see(root.dataset.status);
document.querySelector("[data-test-devices]")?.addEventListener("click", () => camera?.test());
checkOff(
  {
    time: () => Boolean(announced.startsAt),
    cover: () => Boolean(announced.cover),
    products: () => lineup.order.length > 0,
    connection: () => entered && query("[data-connection]").dataset.state === "open",
    camera: () => camera?.sees ?? false,
    microphone: () => camera?.hears ?? false,
  },
  () => root.dataset.status === "scheduled",
);

follow(root, client, chat, {
  status: see,
  questions: (asked) => (asked ? questions.draw(asked) : void questions.load()),
  away: (away) => (query("[data-away]").hidden = !away),
  showcased: (product) => lineup.mark(product),
  changed: (product) => lineup.update(product),
  // What was counted before: the server tells counts again only from the next look on, if nobody was here meanwhile.
  renewed: () => void dropping.load(),
  entered: () => {
    entered = true;
    void dropping.load().then(() => call("GET", `${path}/conversion-stats`)).then(({ products }) => lineup.count(products), () => {});
  },
  viewers: look,
});
client.connect();
