<?php
/**
 * Plugin Name: Vitrine live shows
 * Description: The live player of a Vitrine server on every page, with WooCommerce's own cart; orders are reported back.
 * Version: 0.1.0
 * Requires at least: 6.4
 * Requires PHP: 8.0
 * Requires Plugins: woocommerce
 */

defined( 'ABSPATH' ) || exit;

const VITRINE_SERVER = 'vitrine_server';
const VITRINE_SECRET = 'vitrine_secret';
const VITRINE_REF    = 'vitrine_ref';
const VITRINE_TRIES  = 7;

/** The address of the server, without a slash at its end; empty until somebody has given it. */
function vitrine_server(): string {
	return untrailingslashit( (string) get_option( VITRINE_SERVER, '' ) );
}

add_action(
	'wp_enqueue_scripts',
	function () {
		if ( vitrine_server() === '' ) {
			return;
		}
		wp_enqueue_script( 'vitrine-cart', plugins_url( 'vitrine-cart.js', __FILE__ ), array(), '0.1.0', true );
		wp_enqueue_script( 'vitrine-embed', vitrine_server() . '/embed.js', array( 'vitrine-cart' ), null, true );
	}
);

add_filter(
	'script_loader_tag',
	function ( string $tag, string $handle ): string {
		$attributes = array(
			'vitrine-embed' => array( 'data-teaser' => '', 'data-lang' => get_locale() ),
			'vitrine-cart'  => array(
				'data-api'      => rest_url( 'wc/store/v1/' ),
				'data-checkout' => function_exists( 'wc_get_checkout_url' ) ? wc_get_checkout_url() : '/checkout/',
				'data-nonce'    => wp_create_nonce( 'wc_store_api' ),
			),
		);
		foreach ( $attributes[ $handle ] ?? array() as $name => $value ) {
			$tag = str_replace( ' src=', sprintf( ' %s="%s" src=', $name, esc_attr( $value ) ), $tag );
		}
		return $tag;
	},
	10,
	2
);

// --- what an order is put down to

/** Keeps the reference that the player has left in a cookie with the order, at either kind of checkout. */
function vitrine_remember( WC_Order $order ): void {
	$reference = isset( $_COOKIE[ VITRINE_REF ] ) ? sanitize_text_field( wp_unslash( $_COOKIE[ VITRINE_REF ] ) ) : '';
	if ( $reference !== '' && strlen( $reference ) <= 200 ) {
		$order->update_meta_data( '_' . VITRINE_REF, $reference );
	}
}

add_action( 'woocommerce_checkout_create_order', 'vitrine_remember' );
add_action( 'woocommerce_store_api_checkout_update_order_meta', 'vitrine_remember' );

/** An amount in minor units, as the server reads it: 1990 for 19.90 EUR. */
function vitrine_minor( float $amount ): int {
	return (int) round( $amount * 10 ** wc_get_price_decimals() );
}

/** Signs as Standard Webhooks do, and sends; a server that is away or busy is asked again, for about four hours. */
function vitrine_report( int $order_id, int $tries = 0 ): void {
	$order  = wc_get_order( $order_id );
	$secret = base64_decode( preg_replace( '/^whsec_/', '', (string) get_option( VITRINE_SECRET, '' ) ), true );
	if ( ! $order || ! $secret || vitrine_server() === '' ) {
		return;
	}
	$items = array();
	foreach ( array_slice( array_values( $order->get_items() ), 0, 200 ) as $item ) {
		$product = $item->get_product();
		$items[] = array(
			'itemId'   => $product && $product->get_sku() ? $product->get_sku() : (string) $item->get_product_id(),
			'name'     => $item->get_name(),
			'quantity' => $item->get_quantity(),
			'price'    => vitrine_minor( (float) $order->get_item_total( $item, true ) ),
		);
	}
	$facts = array(
		'orderId'  => (string) $order->get_order_number(),
		'currency' => $order->get_currency(),
		'value'    => vitrine_minor( (float) $order->get_total() ),
		'items'    => $items,
	);
	$reference = (string) $order->get_meta( '_' . VITRINE_REF );
	if ( $reference !== '' ) {
		$facts['vitrineRef'] = $reference;
	}
	$body      = wp_json_encode( $facts );
	$id        = 'order_' . $order->get_id();
	$now       = (string) time();
	$signature = 'v1,' . base64_encode( hash_hmac( 'sha256', "$id.$now.$body", $secret, true ) );
	$answer    = wp_remote_post(
		vitrine_server() . '/api/purchases',
		array(
			'body'    => $body,
			'timeout' => 10,
			'headers' => array(
				'Content-Type'      => 'application/json',
				'webhook-id'        => $id,
				'webhook-timestamp' => $now,
				'webhook-signature' => $signature,
			),
		)
	);
	$status = is_wp_error( $answer ) ? 0 : (int) wp_remote_retrieve_response_code( $answer );
	if ( ( $status === 0 || $status === 429 || $status >= 500 ) && $tries < VITRINE_TRIES ) {
		as_schedule_single_action( time() + 60 * 2 ** $tries, 'vitrine_report', array( $order_id, $tries + 1 ), 'vitrine' );
	}
}

add_action( 'vitrine_report', 'vitrine_report', 10, 2 );
add_action(
	'woocommerce_payment_complete',
	function ( int $order_id ) {
		as_enqueue_async_action( 'vitrine_report', array( $order_id ), 'vitrine' );
	}
);

// --- settings

add_action(
	'admin_init',
	function () {
		register_setting( 'vitrine', VITRINE_SERVER, array( 'type' => 'string', 'sanitize_callback' => 'esc_url_raw' ) );
		register_setting( 'vitrine', VITRINE_SECRET, array( 'type' => 'string', 'sanitize_callback' => 'sanitize_text_field' ) );
	}
);

add_action(
	'admin_menu',
	function () {
		add_options_page(
			'Vitrine',
			'Vitrine',
			'manage_options',
			'vitrine',
			function () {
				?>
				<div class="wrap">
					<h1>Vitrine</h1>
					<form method="post" action="options.php">
						<?php settings_fields( 'vitrine' ); ?>
						<p><label>Address of the server<br>
							<input class="regular-text" type="url" name="<?php echo esc_attr( VITRINE_SERVER ); ?>" value="<?php echo esc_attr( vitrine_server() ); ?>"></label></p>
						<p><label>Secret for orders (one of PURCHASE_SECRETS)<br>
							<input class="regular-text" type="password" autocomplete="off" name="<?php echo esc_attr( VITRINE_SECRET ); ?>" value="<?php echo esc_attr( (string) get_option( VITRINE_SECRET, '' ) ); ?>"></label></p>
						<?php submit_button(); ?>
					</form>
				</div>
				<?php
			}
		);
	}
);
