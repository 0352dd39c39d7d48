/** A shop with a cart of its own, which this browser keeps. The last part hands it to the player of a Vitrine server. */

const cart = {
  get items() {
    return JSON.parse(localStorage.getItem("cart") ?? "[]");
  },
  set items(items) {
    localStorage.setItem("cart", JSON.stringify(items));
    draw();
  },
  get total() {
    return this.items.reduce((sum, { price, quantity }) => sum + price * quantity, 0);
  },
};

const money = (amount, currency) => new Intl.NumberFormat("en", { style: "currency", currency }).format(amount);
const keyOf = ({ sku, productId, variantId }) => sku || variantId || productId;

function draw() {
  const { items } = cart;
  for (const place of document.querySelectorAll("[data-count]")) {
    place.textContent = items.reduce((sum, { quantity }) => sum + quantity, 0);
  }
  const rows = items.map(({ name, variant, quantity, price, currency }) => {
    const row = document.createElement("li");
    row.textContent = `${quantity} × ${name}${variant ? ` (${variant})` : ""}, ${money(price, currency)}`;
    return row;
  });
  document.querySelector("[data-lines]")?.replaceChildren(...rows);
  const total = document.querySelector("[data-total]");
  if (total) total.textContent = items.length ? `In all: ${money(cart.total, items[0].currency)}` : "There is nothing in it.";
}

function connect() {
  window.Vitrine.cart({
    onAddToCart(item) {
      const items = cart.items;
      const line = items.find((each) => keyOf(each) === keyOf(item));
      if (line) line.quantity += item.quantity;
      else items.push(item);
      cart.items = items;
    },
    onUpdateItem(item) {
      const items = cart.items.map((each) => (keyOf(each) === keyOf(item) ? { ...each, quantity: item.quantity } : each));
      cart.items = items.filter(({ quantity }) => quantity > 0);
    },
    getCart: () => ({ items: cart.items, total: cart.total, currency: cart.items[0]?.currency }),
    onCheckout: () => location.assign("cart.html"),
  });
}

draw();
addEventListener("storage", draw);
if (window.Vitrine) connect();
else addEventListener("vitrine-ready", connect);
