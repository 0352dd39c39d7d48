/** Fills WooCommerce's cart, by its Store API, with what is chosen in the player of a Vitrine server. */
{
  const { api = "/wp-json/wc/store/v1/", checkout = "/checkout/" } = document.currentScript?.dataset ?? {};
  let nonce = document.currentScript?.dataset.nonce ?? ""; // that of the page; each answer brings the next one
  const KEPT = 30 * 24 * 60 * 60; // seconds for which an order is put down to a show

  const ask = async (path, body) => {
    const headers = { Accept: "application/json", Nonce: nonce, ...(body ? { "Content-Type": "application/json" } : {}) };
    const answer = await fetch(api + path, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body) });
    nonce = answer.headers.get("Nonce") ?? nonce;
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(said.message || `The shop answered ${answer.status}`);
    return said;
  };

  /** WooCommerce's id of a product, or of a variation, by its SKU. */
  const idOf = async ({ sku, variantId }) => {
    if (!sku) throw new Error("The shop does not know this product");
    const kind = variantId ? "&type=variation" : "";
    const [found] = await ask(`products?sku=${encodeURIComponent(sku)}${kind}`);
    if (!found) throw new Error("The shop does not sell it");
    return found.id;
  };

  const shown = ({ items, totals }) => {
    const main = (minor) => Number(minor) / 10 ** totals.currency_minor_unit;
    return {
      currency: totals.currency_code,
      total: main(totals.total_price),
      items: items.map(({ key, sku, name, quantity, prices, variation }) => {
        const variant = (variation ?? []).map(({ value }) => value).join(" / ");
        return { key, sku, name, variant, quantity, price: main(prices.price) };
      }),
    };
  };

  const connect = () => {
    window.Vitrine.cart({
      onAddToCart: async (item) => {
        await ask("cart/add-item", { id: await idOf(item), quantity: item.quantity });
        document.cookie = `vitrine_ref=${item.reference}; Max-Age=${KEPT}; Path=/; SameSite=Lax`; // vitrine.php puts it down with the order
      },
      onUpdateItem: async ({ key, quantity }) => {
        await ask(quantity > 0 ? "cart/update-item" : "cart/remove-item", quantity > 0 ? { key, quantity } : { key });
      },
      getCart: async () => shown(await ask("cart")),
      onCheckout: () => location.assign(checkout),
    });
  };
  if (window.Vitrine?.cart) connect();
  else addEventListener("vitrine-ready", connect);
}
