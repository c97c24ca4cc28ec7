<?php
/**
 * Plugin Name: storelink cart capture
 * Description: Tells storelink of carts, signed, and only of those whose customer agreed to be reminded.
 * Version: 1.0.0
 * Requires at least: 6.4
 * Requires PHP: 7.4
 * Requires Plugins: woocommerce
 * WC requires at least: 8.9
 * License: MIT
 * Text Domain: storelink-cart-capture
 *
 * WooCommerce's REST API shows no carts. This file watches them, and posts what storelink's contract
 * for carts asks for (`POST /carts/<store>`; see README.md). A document is queued with Action
 * Scheduler, which comes with WooCommerce, so that no customer ever waits for another server.
 *
 * @package storelink
 */

defined( 'ABSPATH' ) || exit;

const STORELINK_CART_FORMAT  = 'storelink.cart/1';
const STORELINK_CART_OPTION  = 'storelink_cart_capture';
const STORELINK_CART_META    = '_storelink_cart';
const STORELINK_CART_SESSION = 'storelink_cart';
const STORELINK_CART_HOOK    = 'storelink_cart_send';
const STORELINK_CART_GROUP   = 'storelink-cart-capture';
const STORELINK_CART_PREFIX  = 'storelink_cart_doc_';
const STORELINK_CART_STOP    = 'storelink_cart_stop';
// WooCommerce makes nonces whose name begins with its own differ from guest to guest.
const STORELINK_CART_NONCE   = 'woocommerce-storelink-cart';
const STORELINK_CART_RETRIES = array( 60, 300, 1800, 7200, 21600 );

/* ---- pure: no WordPress below this line until the next such heading ---------------------------- */

/**
 * Returns the document that the contract asks for.
 *
 * What is not known is left out: it stays as it was told before. A cart that is taken back names
 * nobody; that the box is not ticked any more goes along.
 *
 * @param array $cart id, url, currency, lines, total, contact, consent, customer_id, created_at,
 *                    updated_at (Unix time with fractions), completed_at, order_id, deleted.
 * @return array
 */
function storelink_cart_document( array $cart ) {
	$document = array(
		'format'     => STORELINK_CART_FORMAT,
		'id'         => (string) $cart['id'],
		'created_at' => storelink_cart_time( $cart['created_at'] ),
		'updated_at' => storelink_cart_time( $cart['updated_at'] ),
	);
	if ( ! empty( $cart['deleted'] ) ) {
		$document['deleted'] = true;
		if ( isset( $cart['consent'] ) && empty( $cart['consent']['marketing'] ) ) {
			$document['consent'] = array( 'marketing' => false );
		}
		return $document;
	}
	foreach ( array( 'url', 'currency', 'customer_id', 'order_id' ) as $name ) {
		if ( ! empty( $cart[ $name ] ) ) {
			$document[ $name ] = (string) $cart[ $name ];
		}
	}
	if ( isset( $cart['total'] ) ) {
		$document['total'] = storelink_cart_amount( $cart['total'] );
	}
	if ( ! empty( $cart['completed_at'] ) ) {
		$document['completed_at'] = storelink_cart_time( $cart['completed_at'] );
	}
	$document['lines'] = array_map( 'storelink_cart_line', array_values( $cart['lines'] ) );
	$contact           = array_filter( $cart['contact'], 'strlen' );
	if ( $contact ) {
		$document['contact'] = $contact;
	}
	if ( isset( $cart['consent'] ) ) {
		$document['consent'] = array( 'marketing' => false );
	}
	if ( ! empty( $cart['consent']['marketing'] ) ) {
		$document['consent'] = array(
			'marketing' => true,
			'wording'   => (string) $cart['consent']['wording'],
			'at'        => storelink_cart_time( $cart['consent']['at'] ),
		);
	}
	return $document;
}

/**
 * Returns one line of the document.
 *
 * @param array $line product, variant, title, variant_title, quantity, price, image.
 * @return array
 */
function storelink_cart_line( array $line ) {
	$told = array(
		'title'    => (string) $line['title'],
		'quantity' => max( 1, (int) $line['quantity'] ),
	);
	foreach ( array( 'product', 'variant', 'variant_title', 'image' ) as $name ) {
		if ( ! empty( $line[ $name ] ) ) {
			$told[ $name ] = (string) $line[ $name ];
		}
	}
	if ( isset( $line['price'] ) ) {
		$told['price'] = storelink_cart_amount( $line['price'] );
	}
	return $told;
}

/**
 * Returns an amount as text: floats would lose cents on their way.
 *
 * @param float|int|string $amount Amount.
 * @return string
 */
function storelink_cart_amount( $amount ) {
	return number_format( (float) $amount, 4, '.', '' );
}

/**
 * Returns a time as ISO 8601 in UTC, to the microsecond.
 *
 * @param float|int $time Unix time.
 * @return string
 */
function storelink_cart_time( $time ) {
	$whole = (int) floor( $time );
	return gmdate( 'Y-m-d\TH:i:s', $whole ) . sprintf( '.%06dZ', (int) ( ( $time - $whole ) * 1000000 ) );
}

/**
 * Returns the signature over a timestamp and a body.
 *
 * @param string $secret    The store's cart_secret.
 * @param string $timestamp Seconds since 1970.
 * @param string $body      The raw body.
 * @return string
 */
function storelink_cart_signature( $secret, $timestamp, $body ) {
	return base64_encode( hash_hmac( 'sha256', $timestamp . '.' . $body, $secret, true ) ); // phpcs:ignore WordPress.PHP.DiscouragedPHPFunctions.obfuscation_base64_encode
}

/**
 * Returns the headers of a request.
 *
 * @param string $secret The store's cart_secret.
 * @param int    $now    Seconds since 1970.
 * @param string $body   The raw body.
 * @return array
 */
function storelink_cart_headers( $secret, $now, $body ) {
	return array(
		'Content-Type'          => 'application/json',
		'X-Storelink-Timestamp' => (string) $now,
		'X-Storelink-Signature' => storelink_cart_signature( $secret, (string) $now, $body ),
	);
}

/**
 * Returns what is worth telling of a cart, to know whether anything changed.
 *
 * @param array $cart As for storelink_cart_document().
 * @return string
 */
function storelink_cart_print( array $cart ) {
	unset( $cart['updated_at'], $cart['created_at'] );
	return hash( 'sha256', serialize( $cart ) ); // phpcs:ignore WordPress.PHP.DiscouragedPHPFunctions.serialize_serialize
}

/* ---- what WooCommerce and WordPress want to know of a plugin -------------------------------------- */

add_action(
	'before_woocommerce_init',
	function () {
		$features = '\\Automattic\\WooCommerce\\Utilities\\FeaturesUtil';
		if ( class_exists( $features ) ) {
			$features::declare_compatibility( 'custom_order_tables', __FILE__, true );
			$features::declare_compatibility( 'cart_checkout_blocks', __FILE__, true );
		}
	}
);

add_action(
	'admin_init',
	function () {
		wp_add_privacy_policy_content(
			'storelink cart capture',
			wp_kses_post( __( 'If you agree to be reminded of your cart, we keep what is in it together with your e-mail address, and pass both on to the service that sends our reminders. The shop forgets them a month after you last changed the cart.', 'storelink-cart-capture' ) )
		);
	}
);

/* ---- settings --------------------------------------------------------------------------------- */

/**
 * Returns the settings, each with its default.
 *
 * @return array
 */
function storelink_cart_settings() {
	$defaults = array(
		'url'         => '',
		'store'       => '',
		'secret'      => '',
		'ask'         => '1',
		'consent'     => __( 'Remind me by e-mail if I do not finish this order.', 'storelink-cart-capture' ),
		'delay'       => 60,
	);
	$settings = wp_parse_args( get_option( STORELINK_CART_OPTION, array() ), $defaults );
	// A box without words agrees to nothing.
	return '' === trim( $settings['consent'] ) ? array( 'consent' => $defaults['consent'] ) + $settings : $settings;
}

/**
 * Says whether there is somebody to tell.
 *
 * @return bool
 */
function storelink_cart_is_ready() {
	$settings = storelink_cart_settings();
	return '' !== $settings['url'] && '' !== $settings['store'] && '' !== $settings['secret'];
}

/**
 * Cleans what was typed on the settings page. An empty secret keeps the one that is there, and
 * so do empty words.
 *
 * @param mixed $given What was typed.
 * @return array
 */
function storelink_cart_sanitize( $given ) {
	$given = is_array( $given ) ? $given : array();
	$known = storelink_cart_settings();
	$fresh = isset( $given['secret'] ) ? trim( (string) $given['secret'] ) : '';
	$words = isset( $given['consent'] ) ? trim( sanitize_text_field( $given['consent'] ) ) : '';
	return array(
		'url'     => isset( $given['url'] ) ? untrailingslashit( esc_url_raw( $given['url'], array( 'https' ) ) ) : '',
		'store'   => isset( $given['store'] ) ? sanitize_text_field( $given['store'] ) : '',
		'secret'  => '' === $fresh ? $known['secret'] : $fresh,
		'ask'     => empty( $given['ask'] ) ? '0' : '1',
		'consent' => '' === $words ? $known['consent'] : $words,
		'delay'   => isset( $given['delay'] ) ? min( 3600, absint( $given['delay'] ) ) : $known['delay'],
	);
}

add_action(
	'admin_init',
	function () {
		register_setting(
			STORELINK_CART_OPTION,
			STORELINK_CART_OPTION,
			array( 'sanitize_callback' => 'storelink_cart_sanitize' )
		);
	}
);

// The page is shown, and by options.php saved, only to those who may manage WooCommerce.
add_filter(
	'option_page_capability_' . STORELINK_CART_OPTION,
	function () {
		return 'manage_woocommerce';
	}
);

add_action(
	'admin_menu',
	function () {
		$title = __( 'storelink carts', 'storelink-cart-capture' );
		add_submenu_page( 'woocommerce', $title, $title, 'manage_woocommerce', STORELINK_CART_OPTION, 'storelink_cart_page' );
	}
);

/**
 * Shows the settings page. The secret itself is never shown.
 */
function storelink_cart_page() {
	if ( ! current_user_can( 'manage_woocommerce' ) ) {
		return;
	}
	$settings = storelink_cart_settings();
	$fields   = array(
		'url'     => array( 'url', __( 'Address of storelink', 'storelink-cart-capture' ), $settings['url'] ),
		'store'   => array( 'text', __( 'Name of this store there', 'storelink-cart-capture' ), $settings['store'] ),
		'secret'  => array( 'password', __( 'cart_secret (empty: unchanged)', 'storelink-cart-capture' ), '' ),
		'consent' => array( 'text', __( 'Words beside the box', 'storelink-cart-capture' ), $settings['consent'] ),
		'delay'   => array( 'number', __( 'Seconds to wait for further changes', 'storelink-cart-capture' ), $settings['delay'] ),
	);
	?>
	<div class="wrap">
		<h1><?php echo esc_html( get_admin_page_title() ); ?></h1>
		<form action="options.php" method="post">
			<?php settings_fields( STORELINK_CART_OPTION ); ?>
			<table class="form-table" role="presentation">
				<?php foreach ( $fields as $name => list( $type, $label, $value ) ) : ?>
					<tr>
						<th scope="row"><label for="storelink-<?php echo esc_attr( $name ); ?>"><?php echo esc_html( $label ); ?></label></th>
						<td><input class="regular-text" autocomplete="off"
							id="storelink-<?php echo esc_attr( $name ); ?>"
							type="<?php echo esc_attr( $type ); ?>"
							name="<?php echo esc_attr( STORELINK_CART_OPTION . '[' . $name . ']' ); ?>"
							value="<?php echo esc_attr( $value ); ?>"></td>
					</tr>
				<?php endforeach; ?>
				<tr>
					<th scope="row"><?php esc_html_e( 'Consent', 'storelink-cart-capture' ); ?></th>
					<td><label><input type="checkbox" value="1"
						name="<?php echo esc_attr( STORELINK_CART_OPTION . '[ask]' ); ?>"
						<?php checked( '1', $settings['ask'] ); ?>>
						<?php esc_html_e( 'Tell nothing before the customer has ticked the box', 'storelink-cart-capture' ); ?></label></td>
				</tr>
			</table>
			<?php submit_button(); ?>
		</form>
	</div>
	<?php
}

/* ---- what is remembered of a cart, in the customer's own session -------------------------------- */

/**
 * Returns what is remembered: id, created, email, consent (time or 0), wording, print, stop.
 *
 * @return array
 */
function storelink_cart_session() {
	$session = WC()->session;
	$known   = $session ? $session->get( STORELINK_CART_SESSION ) : null;
	return is_array( $known ) ? $known : array();
}

/**
 * Returns what is remembered of a cart that goes on: of one that was told and is over meanwhile, as
 * it was bought on another device or its customer is to be forgotten, nothing is to be told again.
 *
 * @return array
 */
function storelink_cart_memory() {
	$known = storelink_cart_session();
	if ( empty( $known['print'] ) || 'resumed' === $known['print'] ) {
		return $known;
	}
	$kept = get_option( STORELINK_CART_PREFIX . $known['id'] );
	return is_array( $kept ) && empty( $kept['deleted'] ) ? $known : array();
}

/**
 * Remembers something more; gives the cart its id when there is first something to remember.
 *
 * @param array $told What is new.
 * @return array
 */
function storelink_cart_remember( array $told ) {
	$known = storelink_cart_memory();
	if ( empty( $known['id'] ) ) {
		$known = array(
			'id'      => 'wc-' . str_replace( '-', '', wp_generate_uuid4() ),
			'created' => microtime( true ),
		) + $known;
	}
	$known = array_merge( $known, $told );
	WC()->session->set( STORELINK_CART_SESSION, $known );
	return $known;
}

/**
 * Returns the cart as storelink_cart_document() wants it.
 *
 * @param array $known What is remembered of it.
 * @return array
 */
function storelink_cart_now( array $known ) {
	$cart  = WC()->cart;
	$lines = array();
	foreach ( $cart->get_cart() as $item ) {
		$product = $item['data'];
		$image   = wp_get_attachment_image_url( $product->get_image_id(), 'woocommerce_thumbnail' );
		$lines[] = array(
			'product'       => $item['product_id'],
			'variant'       => $item['variation_id'],
			'title'         => wp_strip_all_tags( $product->get_title() ),
			'variant_title' => $item['variation_id'] ? wp_strip_all_tags( wc_get_formatted_variation( $product, true, false ) ) : '',
			'quantity'      => $item['quantity'],
			'price'         => wc_get_price_to_display( $product ),
			'image'         => $image ? $image : '',
		);
	}
	$customer = WC()->customer;
	// A box that nobody touched here may be ticked on another device.
	$consent = ! array_key_exists( 'consent', $known ) ? array() : array(
		'consent' => array(
			'marketing' => ! empty( $known['consent'] ),
			'wording'   => isset( $known['wording'] ) ? $known['wording'] : '',
			'at'        => $known['consent'],
		),
	);
	return $consent + array(
		'id'          => $known['id'],
		'url'         => add_query_arg( 'storelink_cart', $known['id'], wc_get_cart_url() ),
		'currency'    => get_woocommerce_currency(),
		'lines'       => $lines,
		'total'       => $cart->get_total( 'edit' ),
		'customer_id' => get_current_user_id(),
		'contact'     => empty( $known['email'] ) ? array() : array(
			'email'      => $known['email'],
			'first_name' => $customer ? $customer->get_billing_first_name() : '',
			'last_name'  => $customer ? $customer->get_billing_last_name() : '',
			'locale'     => determine_locale(),
		),
		'created_at'  => $known['created'],
	);
}

/**
 * Says whether the customer wants no reminders; whoever has an account is not asked again.
 *
 * @param array $known What is remembered of the cart.
 * @return bool
 */
function storelink_cart_is_unwanted( array $known ) {
	return ! empty( $known['stop'] ) || '1' === get_user_meta( get_current_user_id(), STORELINK_CART_STOP, true );
}

/**
 * Says whether anything may be told of a cart.
 *
 * @param array $known What is remembered of it.
 * @return bool
 */
function storelink_cart_may_tell( array $known ) {
	if ( ! storelink_cart_is_ready() || empty( $known['email'] ) || storelink_cart_is_unwanted( $known ) ) {
		return false;
	}
	return '1' !== storelink_cart_settings()['ask'] || ! empty( $known['consent'] );
}

/**
 * Queues what the cart is now, if it changed since it was last told.
 */
function storelink_cart_watch() {
	if ( ! WC()->session || ! WC()->cart || is_admin() && ! wp_doing_ajax() ) {
		return;
	}
	$known = storelink_cart_memory();
	if ( empty( $known['email'] ) && is_user_logged_in() ) {
		$known = storelink_cart_remember( array( 'email' => wp_get_current_user()->user_email ) );
	}
	if ( ! storelink_cart_may_tell( $known ) ) {
		return;
	}
	if ( WC()->cart->is_empty() ) {
		storelink_cart_retract( $known );
		// What is put into it now is another cart: one that was taken back stays so.
		$kept = array_flip( array( 'email', 'consent', 'wording' ) );
		WC()->session->set( STORELINK_CART_SESSION, array_intersect_key( $known, $kept ) );
		return;
	}
	$known = storelink_cart_remember( array() );
	$cart  = storelink_cart_now( $known );
	$print = storelink_cart_print( $cart );
	if ( isset( $known['print'] ) && $known['print'] === $print ) {
		return;
	}
	$cart['updated_at'] = microtime( true );
	storelink_cart_queue( $cart, (int) storelink_cart_settings()['delay'] );
	storelink_cart_remember( array( 'print' => $print ) );
}

// WC_Cart_Session says so whenever it has stored the cart, for the classic pages and the Store API.
add_action( 'woocommerce_cart_updated', 'storelink_cart_watch', 100 );

/* ---- the address and the consent, as they are given at the checkout ----------------------------- */

// WooCommerce keeps its own checkout out of caches, but not one that a shortcode puts elsewhere: what
// one customer has agreed to would stand on another's page.
add_action(
	'template_redirect',
	function () {
		if ( function_exists( 'is_checkout' ) && is_checkout() && storelink_cart_is_ready() ) {
			wc_maybe_define_constant( 'DONOTCACHEPAGE', true );
			nocache_headers();
		}
	}
);

add_action(
	'wp_enqueue_scripts',
	function () {
		if ( ! function_exists( 'is_checkout' ) || ! is_checkout() || ! storelink_cart_is_ready() ) {
			return;
		}
		wp_register_script( 'storelink-cart-capture', '', array(), '1.0.0', true );
		wp_enqueue_script( 'storelink-cart-capture' );
		$told = array(
			'url'    => admin_url( 'admin-ajax.php' ),
			'nonce'  => wp_create_nonce( STORELINK_CART_NONCE ),
			'ask'    => '1' === storelink_cart_settings()['ask'],
			'agreed' => ! empty( storelink_cart_memory()['consent'] ),
		);
		wp_add_inline_script( 'storelink-cart-capture', 'const storelinkCart = ' . wp_json_encode( $told ) . ';' . storelink_cart_script() );
	}
);

/**
 * Returns what runs on the checkout page: it tells the address once it is whole, and the box.
 *
 * `#billing_email` is the field of the classic checkout, `#email` that of the block. Nothing leaves
 * the page before the box is ticked, where the shop asks for it. One thing is told after the other;
 * what did not arrive is told again at the next change, and a no on the next page, too. The browser
 * keeps nothing but that no.
 *
 * @return string
 */
function storelink_cart_script() {
	return <<<'JS'
(() => {
  const find = (...names) => names.map((one) => document.querySelector(one)).find(Boolean);
  const isBox = (one, name) => one.id === "storelink_cart_" + name || one.id.endsWith("storelink-cart-capture-" + name);
  const NO = "storelink_cart_no";
  const kept = (act) => {
    try { return act(sessionStorage); } catch { return null; } // some browsers keep nothing
  };
  const post = (fields) => fetch(storelinkCart.url, {
    method: "POST", body: new URLSearchParams(fields), credentials: "same-origin", keepalive: true,
  });
  // What an account or a browser filled in by itself, nobody has agreed to.
  let agreed = storelinkCart.agreed, isTold = agreed, isTouched = false, stop = false, last = "";
  let nonce = storelinkCart.nonce, line = Promise.resolve();
  const send = async (told) => {
    const fields = { action: "storelink_cart_contact", ...told };
    let answer = await post({ nonce, ...fields });
    if (answer.status === 403) { // the page is older than its nonce
      nonce = (await (await post({ action: "storelink_cart_nonce" })).json()).data;
      answer = await post({ nonce, ...fields });
    }
    if (!answer.ok) throw new Error(answer.status);
  };
  const say = (told, isNo) => {
    const said = JSON.stringify(told);
    if (said === last) return;
    last = said;
    isTold = true;
    kept((store) => isNo ? store.setItem(NO, told.stop) : store.removeItem(NO));
    line = line.then(() => send(told)).then(
      () => { if (said === last) kept((store) => store.removeItem(NO)); },
      () => { if (said === last) last = ""; },
    );
  };
  const tell = (event) => {
    const one = event.target;
    if (event.type === "change" && one.id) {
      if (isBox(one, "consent")) [agreed, isTouched] = [one.checked, true];
      if (isBox(one, "stop")) stop = one.checked;
    }
    const email = find("#billing_email", "#email");
    const isKnown = email && email.value && email.checkValidity();
    const isNo = stop || (storelinkCart.ask && !agreed);
    if (isNo ? !stop && !isTold : !isKnown) return;
    // A box that nobody touched here says nothing: it may be old, and another page have said no.
    const consent = isNo || (isTouched && !agreed) ? "0" : isTouched ? "1" : "";
    say({ email: isNo ? "" : email.value, consent, stop: stop ? "1" : "0" }, isNo);
  };
  const owed = kept((store) => store.getItem(NO));
  if (owed !== null) {
    const box = find("#storelink_cart_consent");
    if (box) box.checked = false;
    [agreed, isTouched] = [false, true];
    stop = owed === "1";
    say({ email: "", consent: "0", stop: stop ? "1" : "0" }, true);
  }
  document.addEventListener("change", tell);
  document.addEventListener("focusout", tell);
})();
JS;
}

/**
 * Returns the labels of the boxes at the checkout. Where carts are told without asking, one says no.
 *
 * @return array
 */
function storelink_cart_boxes() {
	$settings = storelink_cart_settings();
	$boxes    = array( 'consent' => $settings['consent'] );
	if ( '1' !== $settings['ask'] ) {
		$boxes['stop'] = __( 'Please do not remind me of my carts.', 'storelink-cart-capture' );
	}
	return storelink_cart_is_ready() ? $boxes : array();
}

// On the classic checkout.
add_action(
	'woocommerce_after_checkout_billing_form',
	function () {
		$known  = storelink_cart_memory();
		$ticked = array(
			'consent' => ! empty( $known['consent'] ),
			'stop'    => storelink_cart_is_unwanted( $known ),
		);
		foreach ( storelink_cart_boxes() as $name => $label ) {
			woocommerce_form_field(
				'storelink_cart_' . $name,
				array(
					'type'  => 'checkbox',
					'class' => array( 'form-row-wide' ),
					'label' => esc_html( $label ),
				),
				(int) $ticked[ $name ]
			);
		}
	}
);

// On the checkout block (WooCommerce 8.9 and later).
add_action(
	'woocommerce_init',
	function () {
		if ( ! function_exists( 'woocommerce_register_additional_checkout_field' ) ) {
			return;
		}
		foreach ( storelink_cart_boxes() as $name => $label ) {
			woocommerce_register_additional_checkout_field(
				array(
					'id'       => 'storelink-cart-capture/' . $name,
					'label'    => $label,
					'location' => 'contact',
					'type'     => 'checkbox',
					'required' => false,
				)
			);
		}
	}
);

add_action( 'wp_ajax_storelink_cart_nonce', 'storelink_cart_nonce' );
add_action( 'wp_ajax_nopriv_storelink_cart_nonce', 'storelink_cart_nonce' );

/**
 * Answers a page that is older than its nonce with a new one; other sites cannot read the answer.
 */
function storelink_cart_nonce() {
	wp_send_json_success( wp_create_nonce( STORELINK_CART_NONCE ) );
}

add_action( 'wp_ajax_storelink_cart_contact', 'storelink_cart_contact' );
add_action( 'wp_ajax_nopriv_storelink_cart_contact', 'storelink_cart_contact' );

/**
 * Takes the address and the consent from the checkout page. A box that is unticked again takes the
 * cart back: storelink forgets it. One that nobody touched on that page says nothing.
 */
function storelink_cart_contact() {
	check_ajax_referer( STORELINK_CART_NONCE, 'nonce' );
	if ( ! WC()->session || ! WC()->cart ) {
		wp_send_json_error( null, 400 );
	}
	$email  = isset( $_POST['email'] ) ? sanitize_email( wp_unslash( $_POST['email'] ) ) : '';
	$box    = isset( $_POST['consent'] ) ? sanitize_key( wp_unslash( $_POST['consent'] ) ) : '';
	$agreed = '' === $box ? null : '1' === $box;
	$stop   = isset( $_POST['stop'] ) && '1' === sanitize_key( wp_unslash( $_POST['stop'] ) );
	$must   = '1' === storelink_cart_settings()['ask'];
	if ( $stop || ( $must && false === $agreed ) ) {
		storelink_cart_take_back( $stop );
	} elseif ( '' !== $email && ( $agreed || ! $must || ! empty( storelink_cart_memory()['consent'] ) ) ) {
		storelink_cart_take( $email, $agreed );
	}
	wp_send_json_success();
}

/**
 * Remembers whose cart it is and what was agreed to, and tells the cart.
 *
 * @param string    $email  The address.
 * @param bool|null $agreed Whether the box was ticked; null if nobody touched it.
 */
function storelink_cart_take( $email, $agreed ) {
	$known = storelink_cart_memory();
	$told  = array( 'email' => $email );
	if ( false === $agreed && ! empty( $known['consent'] ) ) {
		$told['consent'] = 0;
	} elseif ( $agreed && empty( $known['consent'] ) ) {
		$told['consent'] = microtime( true );
		$told['wording'] = storelink_cart_settings()['consent'];
	}
	if ( $agreed ) {
		$told['stop'] = false;
		delete_user_meta( get_current_user_id(), STORELINK_CART_STOP );
	}
	storelink_cart_remember( $told );
	storelink_cart_watch();
}

/**
 * Takes the cart back, and remembers nothing of it, except that nobody is to remind.
 *
 * @param bool $stop Whether the customer wants no reminders any more.
 */
function storelink_cart_take_back( $stop ) {
	storelink_cart_retract( storelink_cart_session(), true );
	WC()->session->set( STORELINK_CART_SESSION, $stop ? array( 'stop' => true ) : null );
	if ( $stop && is_user_logged_in() ) {
		update_user_meta( get_current_user_id(), STORELINK_CART_STOP, '1' );
	}
}

/**
 * Tells that a cart is no more, if it was told.
 *
 * @param array $known What is remembered of it.
 * @param bool  $is_no Whether the customer said no; otherwise the cart is only empty.
 */
function storelink_cart_retract( array $known, $is_no = false ) {
	if ( empty( $known['print'] ) ) {
		return;
	}
	$cart = array(
		'id'         => $known['id'],
		'created_at' => $known['created'],
		'updated_at' => microtime( true ),
		'deleted'    => true,
	);
	storelink_cart_queue( $is_no ? $cart + array( 'consent' => array() ) : $cart, 0 );
}

/* ---- the order -------------------------------------------------------------------------------- */

/**
 * Writes on an order which cart it came from; storelink's adapter of WooCommerce reads it there.
 *
 * @param WC_Order $order The order.
 */
function storelink_cart_name_on( $order ) {
	$known = WC()->session ? storelink_cart_memory() : array();
	if ( ! empty( $known['print'] ) ) {
		$order->update_meta_data( STORELINK_CART_META, $known['id'] );
	}
}

add_action( 'woocommerce_checkout_create_order', 'storelink_cart_name_on' );
add_action( 'woocommerce_store_api_checkout_update_order_meta', 'storelink_cart_name_on' );

/**
 * Tells that a cart became an order, and begins a new one.
 *
 * @param WC_Order $order The order.
 */
function storelink_cart_complete( $order ) {
	$known = WC()->session ? storelink_cart_memory() : array();
	if ( empty( $known['print'] ) || ! storelink_cart_is_ready() || ! $order ) {
		return;
	}
	$now  = microtime( true );
	$cart = array(
		'updated_at'   => $now,
		'completed_at' => $now,
		'order_id'     => $order->get_id(),
	) + storelink_cart_now( $known );
	storelink_cart_queue( $cart, 0 );
	WC()->session->set( STORELINK_CART_SESSION, null );
}

add_action(
	'woocommerce_checkout_order_processed',
	function ( $order_id, $posted, $order ) {
		storelink_cart_complete( $order );
	},
	10,
	3
);
add_action( 'woocommerce_store_api_checkout_order_processed', 'storelink_cart_complete' );

/* ---- back to the cart, on whatever device ------------------------------------------------------- */

add_action(
	'wp_loaded',
	function () {
		// phpcs:ignore WordPress.Security.NonceVerification.Recommended -- a link of a mail; it puts things into the visitor's own cart.
		$id = isset( $_GET['storelink_cart'] ) ? sanitize_key( wp_unslash( $_GET['storelink_cart'] ) ) : '';
		if ( '' === $id || ! function_exists( 'WC' ) || ! WC()->cart || ! WC()->cart->is_empty() ) {
			return;
		}
		$kept = get_option( STORELINK_CART_PREFIX . $id );
		if ( ! is_array( $kept ) || empty( $kept['lines'] ) ) {
			return;
		}
		// So that the order names the cart that it came from, whatever address it is placed with.
		$resumed = array(
			'id'      => $id,
			'created' => strtotime( $kept['created_at'] ),
			'print'   => 'resumed',
		);
		WC()->session->set( STORELINK_CART_SESSION, array_merge( storelink_cart_memory(), $resumed ) );
		foreach ( $kept['lines'] as $line ) {
			$variant   = isset( $line['variant'] ) ? absint( $line['variant'] ) : 0;
			$variation = $variant ? wc_get_product_variation_attributes( $variant ) : array();
			WC()->cart->add_to_cart( absint( $line['product'] ), absint( $line['quantity'] ), $variant, $variation );
		}
		// Whoever empties the cart now has emptied it: the link is not followed a second time.
		if ( wp_safe_redirect( remove_query_arg( 'storelink_cart' ) ) ) {
			exit;
		}
	},
	30
);

/* ---- sending ---------------------------------------------------------------------------------- */

/**
 * Queues a cart. Only its newest state waits; what is kept for the link back is its document.
 *
 * @param array $cart  As for storelink_cart_document().
 * @param int   $delay Seconds to wait for further changes.
 */
function storelink_cart_queue( array $cart, $delay ) {
	$document = storelink_cart_document( $cart );
	$kept     = get_option( STORELINK_CART_PREFIX . $document['id'] );
	if ( ! empty( $kept['deleted'] ) && empty( $document['deleted'] ) ) {
		return; // Whoever wants to be forgotten is to be heard: it waits to be told.
	}
	update_option( STORELINK_CART_PREFIX . $document['id'], $document, false );
	storelink_cart_begin( $document['id'], $delay );
}

/**
 * Schedules the first of the requests that tell what is kept of a cart; what was scheduled is off.
 *
 * @param string $id    The cart's id.
 * @param int    $delay In how many seconds.
 */
function storelink_cart_begin( $id, $delay ) {
	for ( $tries = 0; $tries <= count( STORELINK_CART_RETRIES ); $tries++ ) {
		as_unschedule_all_actions( STORELINK_CART_HOOK, array( $id, $tries ), STORELINK_CART_GROUP );
	}
	storelink_cart_schedule( $id, 0, $delay );
}

/**
 * Schedules a request.
 *
 * @param string $id    The cart's id.
 * @param int    $tries How many failed before.
 * @param int    $delay In how many seconds.
 */
function storelink_cart_schedule( $id, $tries, $delay ) {
	if ( $delay > 0 ) {
		as_schedule_single_action( time() + $delay, STORELINK_CART_HOOK, array( $id, $tries ), STORELINK_CART_GROUP );
	} else {
		as_enqueue_async_action( STORELINK_CART_HOOK, array( $id, $tries ), STORELINK_CART_GROUP );
	}
}

add_action( STORELINK_CART_HOOK, 'storelink_cart_send', 10, 2 );

/**
 * Sends the newest state of a cart; what fails is tried again, what is refused is not.
 *
 * @param string $id    The cart's id.
 * @param int    $tries How many failed before.
 */
function storelink_cart_send( $id, $tries = 0 ) {
	$document = get_option( STORELINK_CART_PREFIX . $id );
	if ( ! is_array( $document ) || ! storelink_cart_is_ready() ) {
		return;
	}
	$settings = storelink_cart_settings();
	$body     = wp_json_encode( $document );
	$answer   = wp_safe_remote_post(
		$settings['url'] . '/carts/' . rawurlencode( $settings['store'] ),
		array(
			'headers'     => storelink_cart_headers( $settings['secret'], time(), $body ),
			'body'        => $body,
			'timeout'     => 10,
			'redirection' => 0,
		)
	);
	$status   = is_wp_error( $answer ) ? 0 : (int) wp_remote_retrieve_response_code( $answer );
	if ( 200 === $status ) {
		if ( ! empty( $document['deleted'] ) || ! empty( $document['order_id'] ) ) {
			delete_option( STORELINK_CART_PREFIX . $id );
		}
		return;
	}
	if ( isset( STORELINK_CART_RETRIES[ $tries ] ) && 413 !== $status && 400 !== $status ) {
		storelink_cart_schedule( $id, $tries + 1, STORELINK_CART_RETRIES[ $tries ] );
	}
	// The log says which cart, and nothing of whose it is.
	wc_get_logger()->warning( "cart $id was not taken: status $status", array( 'source' => STORELINK_CART_GROUP ) );
}

/* ---- what somebody may ask for: their data, and to be forgotten (GDPR 15, 17) --------------------- */

/**
 * Returns the kept carts of an address.
 *
 * @param string $email The address.
 * @return array
 */
function storelink_cart_of( $email ) {
	global $wpdb;
	$like  = $wpdb->esc_like( STORELINK_CART_PREFIX ) . '%';
	$names = $wpdb->get_col( $wpdb->prepare( "SELECT option_name FROM {$wpdb->options} WHERE option_name LIKE %s", $like ) ); // phpcs:ignore WordPress.DB.DirectDatabaseQuery
	$found = array();
	foreach ( $names as $name ) {
		$document = get_option( $name );
		if ( is_array( $document ) && isset( $document['contact']['email'] ) && 0 === strcasecmp( $document['contact']['email'], $email ) ) {
			$found[] = $document;
		}
	}
	return $found;
}

add_filter(
	'wp_privacy_personal_data_exporters',
	function ( $exporters ) {
		$exporters['storelink-cart-capture'] = array(
			'exporter_friendly_name' => __( 'Carts told to storelink', 'storelink-cart-capture' ),
			'callback'               => function ( $email ) {
				$data = array();
				foreach ( storelink_cart_of( $email ) as $document ) {
					$data[] = array(
						'group_id'    => 'storelink-carts',
						'group_label' => __( 'Carts', 'storelink-cart-capture' ),
						'item_id'     => $document['id'],
						'data'        => array(
							array(
								'name'  => __( 'Cart', 'storelink-cart-capture' ),
								'value' => wp_json_encode( $document ),
							),
						),
					);
				}
				return array(
					'data' => $data,
					'done' => true,
				);
			},
		);
		return $exporters;
	}
);

add_filter(
	'wp_privacy_personal_data_erasers',
	function ( $erasers ) {
		$erasers['storelink-cart-capture'] = array(
			'eraser_friendly_name' => __( 'Carts told to storelink', 'storelink-cart-capture' ),
			'callback'             => function ( $email ) {
				$found = storelink_cart_of( $email );
				foreach ( $found as $document ) {
					storelink_cart_queue(
						array(
							'id'         => $document['id'],
							'created_at' => strtotime( $document['created_at'] ),
							'updated_at' => microtime( true ),
							'deleted'    => true,
							'consent'    => array(),
						),
						0
					);
				}
				return array(
					'items_removed'  => (bool) $found,
					'items_retained' => false,
					'messages'       => array(),
					'done'           => true,
				);
			},
		);
		return $erasers;
	}
);

/* ---- cleaning up ------------------------------------------------------------------------------ */

add_action( 'storelink_cart_tidy', 'storelink_cart_tidy' );

/**
 * Forgets carts that nobody changed for a month. An end that did not arrive is told once more a day
 * until then: who said no must be heard.
 */
function storelink_cart_tidy() {
	global $wpdb;
	$like = $wpdb->esc_like( STORELINK_CART_PREFIX ) . '%';
	foreach ( $wpdb->get_col( $wpdb->prepare( "SELECT option_name FROM {$wpdb->options} WHERE option_name LIKE %s", $like ) ) as $name ) { // phpcs:ignore WordPress.DB.DirectDatabaseQuery
		$document = get_option( $name );
		if ( ! is_array( $document ) || strtotime( $document['updated_at'] ) < time() - MONTH_IN_SECONDS ) {
			delete_option( $name );
		} elseif ( ! empty( $document['deleted'] ) || ! empty( $document['order_id'] ) ) {
			storelink_cart_begin( $document['id'], 0 );
		}
	}
}

add_action(
	'admin_init',
	function () {
		if ( ! wp_next_scheduled( 'storelink_cart_tidy' ) ) {
			wp_schedule_event( time() + DAY_IN_SECONDS, 'daily', 'storelink_cart_tidy' );
		}
	}
);

/**
 * Leaves nothing behind: settings, carts, and what is queued.
 */
function storelink_cart_uninstall() {
	global $wpdb;
	if ( function_exists( 'as_unschedule_all_actions' ) ) {
		as_unschedule_all_actions( STORELINK_CART_HOOK );
	}
	wp_clear_scheduled_hook( 'storelink_cart_tidy' );
	delete_option( STORELINK_CART_OPTION );
	delete_metadata( 'user', 0, STORELINK_CART_STOP, '', true );
	foreach ( array( 'consent', 'stop' ) as $name ) { // what the checkout block keeps of its boxes
		delete_metadata( 'user', 0, '_wc_other/storelink-cart-capture/' . $name, '', true );
	}
	$like = $wpdb->esc_like( STORELINK_CART_PREFIX ) . '%';
	foreach ( $wpdb->get_col( $wpdb->prepare( "SELECT option_name FROM {$wpdb->options} WHERE option_name LIKE %s", $like ) ) as $name ) { // phpcs:ignore WordPress.DB.DirectDatabaseQuery
		delete_option( $name );
	}
}

register_uninstall_hook( __FILE__, 'storelink_cart_uninstall' );
register_deactivation_hook(
	__FILE__,
	function () {
		wp_clear_scheduled_hook( 'storelink_cart_tidy' );
		if ( function_exists( 'as_unschedule_all_actions' ) ) {
			as_unschedule_all_actions( STORELINK_CART_HOOK );
		}
	}
);
