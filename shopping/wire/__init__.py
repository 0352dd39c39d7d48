"""What the shop hears and says on sockets: `coshop` has Shop with Friends' messages, `goods` what they are about."""

from shopping.wire.goods import Cart, CartItem, Product, Share

__all__ = ["Cart", "CartItem", "Product", "Share"]
