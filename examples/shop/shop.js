/** A shop that is nobody else's, shopping together through a Vitrine server. Its goods are those of the server's catalogue. */

// The server stands in the page itself: a link could otherwise bring scripts of its own along.
const { server } = document.body.dataset;
const { Together } = await import(new URL("/static/shopping/sdk.js", server));

const together = new Together({ server });
const one = (selector, root = document) => root.querySelector(selector);
const form = one("#enter");

function money(minor, currency) {
  const format = new Intl.NumberFormat(undefined, { style: "currency", currency });
  return format.format(minor / 10 ** format.resolvedOptions().maximumFractionDigits);
}

/** The goods to be sold are named in the address, `?products=<id>,<id>`; the server knows the rest. */
async function stock() {
  const ids = (new URLSearchParams(location.search).get("products") ?? "").split(",").filter(Boolean);
  return Promise.all(ids.map(async (id) => (await fetch(new URL(`/api/products/${id}`, server))).json()));
}

function draw({ id, name, price, currency }) {
  const row = one("#good").content.firstElementChild.cloneNode(true);
  row.dataset.product = id;
  one("a", row).textContent = `${name}, ${price} ${currency}`;
  one("a", row).addEventListener("click", (event) => {
    event.preventDefault();
    show(id);
    void together.sync("NAVIGATE", { url: location.href, productId: id, productName: name });
  });
  one("button", row).addEventListener("click", () => together.add(id).catch(({ message }) => say(message)));
  one("#goods").append(row);
}

const say = (words) => (one("#news").textContent = words);

function show(id) {
  for (const row of one("#goods").children) row.classList.toggle("shown", row.dataset.product === id);
}

together.on("state", ({ participants, cart }) => {
  one("#party").textContent = `Shopping with ${participants.map(({ userName }) => userName).join(", ")}`;
  one("#total").textContent = cart.count ? money(cart.total, cart.currency) : "Nothing yet.";
  one("#lines").replaceChildren(
    ...cart.items.map(({ name, qty, addedBy }) => {
      const line = document.createElement("li");
      line.textContent = `${name}: ${qty} (${addedBy.map(({ userName }) => userName).join(", ")})`;
      return line;
    }),
  );
});
together.on("NAVIGATE", ({ productId, sourceId }) => {
  if (sourceId === together.session.host) show(productId);
  say(`${together.nameOf(sourceId)} looks at something.`);
});
together.on("ended", ({ message }) => say(message ?? "The party is over."));

/** A friend who was invited joins; whoever else presses the button opens a party. */
async function enter(userName) {
  const id = together.invitation ?? together.remembered?.sessionId;
  if (id) await together.join(id, { userName });
  else await together.create({ userName });
  const link = new URL(location.href);
  link.searchParams.set("join", together.session.sessionId);
  one("#invitation").hidden = false;
  one("#invitation input").value = link;
  form.hidden = true;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  enter(form.elements.name.value).catch(({ message }) => say(message));
});
for (const product of await stock()) draw(product);
one("button", form).disabled = false;
if (together.remembered) await enter(together.remembered.userName).catch(() => {}); // it was reloaded
