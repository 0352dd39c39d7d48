/** Fills Shopify's cart, by its Ajax API, with what is chosen in the player of a Vitrine server. */
{
  const { root = "/", checkout = "/checkout" } = document.currentScript?.dataset ?? {};

  const ask = async (path, body) => {
    const how = body && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
    const answer = await fetch(root + path, { ...how, headers: { Accept: "application/json", ...how?.headers } });
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(said.description || said.message || `The shop answered ${answer.status}`);
    return said;
  };

  /** Shopify's id of the form that was chosen: what its address says, else the one with the same SKU. */
  const variantOf = async ({ url, sku }) => {
    const address = url ? new URL(url, location.href) : null;
    const named = address?.searchParams.get("variant");
    if (named) return Number(named);
    const handle = address?.pathname.match(/\/products\/([^/]+)/)?.[1];
    if (!handle) throw new Error("The shop does not know this product");
    const { variants } = await ask(`products/${handle}.js`);
    const found = sku ? variants.find((variant) => variant.sku === sku) : variants[0];
    if (!found) throw new Error("The shop does not sell it in this form");
    return found.id;
  };

  const digits = (currency) => new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits;

  /** Shopify's amounts are hundredths in every currency; the player's are in the main unit. */
  const shown = ({ items, total_price: total, currency }) => ({
    currency,
    total: Number((total / 100).toFixed(digits(currency))),
    items: items.map(({ key, sku, product_title: name, variant_title: variant, quantity, final_price: price }) => {
      return { key, sku, name, variant: variant ?? "", quantity, price: price / 100 };
    }),
  });

  const connect = () => {
    window.Vitrine.cart({
      onAddToCart: async (item) => {
        const properties = { _vitrine_ref: item.reference };
        await ask("cart/add.js", { items: [{ id: await variantOf(item), quantity: item.quantity, properties }] });
      },
      onUpdateItem: ({ key, quantity }) => ask("cart/change.js", { id: key, quantity }).then(() => true),
      getCart: async () => shown(await ask("cart.js")),
      onCheckout: () => location.assign(checkout),
    });
  };
  if (window.Vitrine?.cart) connect();
  else addEventListener("vitrine-ready", connect);
}
