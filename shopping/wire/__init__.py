"""What the shop hears and says on sockets: `coshop` has Shop with Friends' messages, `goods` what they are about."""

from shopping.wire.goods import Cart, CartItem, Option, Product, Share, Variant

__all__ = ["Cart", "CartItem", "Option", "Product", "Share", "Variant"]
