<?php
/**
 * As much of WordPress and WooCommerce as the companion for carts needs, in memory.
 *
 * Reads acts as JSON from the standard input, one list each: the name of a function below and its
 * arguments. Writes as JSON what was posted, what was written on orders, and what is still kept.
 */

define( 'ABSPATH', __DIR__ );
define( 'MONTH_IN_SECONDS', 2592000 );
define( 'DAY_IN_SECONDS', 86400 );

$hooks   = array();
$options = array();
$queue   = array();
$posted  = array();
$meta    = array();
$user    = 0;
$users   = array();
$status  = 200;
$orders  = array();
$headers = array();
$shown   = '';
$may     = true;

class Session {
	public $kept = array();
	public function get( $name ) { return isset( $this->kept[ $name ] ) ? $this->kept[ $name ] : null; }
	public function set( $name, $value ) { $this->kept[ $name ] = $value; }
}
class Product {
	public $id;
	public function __construct( $id ) { $this->id = $id; }
	public function get_image_id() { return 0; }
	public function get_title() { return 'Thing ' . $this->id; }
}
class Cart {
	public $items = array();
	public function is_empty() { return ! $this->items; }
	public function get_cart() { return $this->items; }
	public function get_total( $context ) { return 12.0 * count( $this->items ); }
	public function add_to_cart( $product, $quantity, $variant = 0, $variation = array() ) {
		$this->items[] = array(
			'product_id'   => $product,
			'variation_id' => $variant,
			'quantity'     => $quantity,
			'data'         => new Product( $product ),
		);
		fire( 'woocommerce_cart_updated' );
	}
}
class Customer {
	public function get_billing_first_name() { return 'Ada'; }
	public function get_billing_last_name() { return ''; }
}
class Order {
	public $id;
	public $meta = array();
	public function get_id() { return $this->id; }
	public function update_meta_data( $name, $value ) { $this->meta[ $name ] = $value; }
}
class Shop {
	public $session, $cart, $customer;
	public function __construct() {
		$this->session  = new Session();
		$this->cart     = new Cart();
		$this->customer = new Customer();
	}
}
class Log {
	public function warning( $text, $context ) {}
}
class Database {
	public $options = 'options';
	public function esc_like( $text ) { return $text; }
	public function prepare( $query, $like ) { return rtrim( $like, '%' ); }
	public function get_col( $prefix ) {
		global $options;
		return array_values( array_filter( array_keys( $options ), function ( $one ) use ( $prefix ) { return 0 === strpos( $one, $prefix ); } ) );
	}
}
$wpdb = new Database();
$shop = new Shop();

function add_action( $hook, $function, $priority = 10, $count = 1 ) { global $hooks; $hooks[ $hook ][] = array( $function, $count ); }
function add_filter( $hook, $function ) { add_action( $hook, $function ); }
function fire( $hook, ...$given ) {
	global $hooks;
	foreach ( $hooks[ $hook ] as list( $function, $count ) ) {
		$answer = $function( ...array_slice( $given, 0, $count ) );
	}
	return $answer;
}
function WC() { global $shop; return $shop; }
function __( $text ) { return $text; }
function get_option( $name, $default = false ) { global $options; return array_key_exists( $name, $options ) ? $options[ $name ] : $default; }
function update_option( $name, $value ) { global $options; $options[ $name ] = $value; }
function delete_option( $name ) { global $options; unset( $options[ $name ] ); }
function wp_parse_args( $given, $defaults ) { return array_merge( $defaults, $given ); }
function is_admin() { return false; }
function is_user_logged_in() { global $user; return (bool) $user; }
function get_current_user_id() { global $user; return $user; }
function wp_get_current_user() { return (object) array( 'user_email' => 'ada@example.com' ); }
function get_user_meta( $id, $name ) { global $users; return isset( $users[ $id ][ $name ] ) ? $users[ $id ][ $name ] : ''; }
function update_user_meta( $id, $name, $value ) { global $users; $users[ $id ][ $name ] = $value; }
function delete_user_meta( $id, $name ) { global $users; unset( $users[ $id ][ $name ] ); }
function delete_metadata( $type, $id, $name ) { global $users; foreach ( array_keys( $users ) as $one ) { delete_user_meta( $one, $name ); } }
function wp_generate_uuid4() { static $count = 0; return sprintf( '%08d-0000', ++$count ); }
function wp_strip_all_tags( $text ) { return $text; }
function wp_get_attachment_image_url() { return false; }
function wc_get_price_to_display( $product ) { return 12.0; }
function get_woocommerce_currency() { return 'EUR'; }
function wc_get_cart_url() { return 'https://atelier.example/cart/'; }
function add_query_arg( $name, $value, $url ) { return "$url?$name=$value"; }
function determine_locale() { return 'en_GB'; }
function wp_unslash( $value ) { return $value; }
function sanitize_email( $value ) { return $value; }
function sanitize_key( $value ) { return preg_replace( '/[^a-z0-9_\-]/', '', strtolower( $value ) ); }
function absint( $value ) { return abs( (int) $value ); }
function check_ajax_referer( $action ) { if ( 0 !== strpos( $action, 'woocommerce' ) ) { throw new Exception( 'guests share this nonce' ); } }
function wp_send_json_success() {}
function wp_json_encode( $value ) { return json_encode( $value ); }
function wp_safe_remote_post( $url, $request ) { global $posted, $status; $posted[] = array( 'url' => $url ) + $request; return $status; }
function is_wp_error( $answer ) { return 0 === $answer; }
function wp_remote_retrieve_response_code( $answer ) { return $answer; }
function wc_get_logger() { return new Log(); }
function as_schedule_single_action( $at, $hook, $args ) { global $queue; $queue[ json_encode( $args ) ] = array( $hook, $args ); }
function as_enqueue_async_action( $hook, $args ) { as_schedule_single_action( 0, $hook, $args ); }
function as_unschedule_all_actions( $hook, $args = null ) {
	global $queue;
	if ( null === $args ) { $queue = array(); } else { unset( $queue[ json_encode( $args ) ] ); }
}
function wp_clear_scheduled_hook() {}
function register_uninstall_hook() {}
function register_deactivation_hook( $file, $function ) { add_action( 'deactivate', $function ); }
function is_checkout() { return true; }
function nocache_headers() { global $headers; $headers[] = 'no-cache'; }
function wc_maybe_define_constant( $name, $value ) { global $headers; $headers[] = $name; }
function remove_query_arg( $name ) { unset( $_GET[ $name ] ); return '/cart/'; }
function untrailingslashit( $text ) { return rtrim( $text, '/' ); }
function esc_url_raw( $url, $schemes ) { return in_array( strstr( $url, ':', true ), $schemes, true ) ? $url : ''; }
function sanitize_text_field( $text ) { return trim( strip_tags( $text ) ); }
function current_user_can( $right ) { global $may; return $may && 'manage_woocommerce' === $right; }
function esc_html( $text ) { return htmlspecialchars( $text, ENT_QUOTES ); }
function esc_attr( $text ) { return esc_html( $text ); }
function esc_html_e( $text ) { echo esc_html( $text ); }
function checked( $one, $other ) { echo $one === $other ? 'checked' : ''; }
function get_admin_page_title() { return 'Carts'; }
function settings_fields( $group ) { echo "nonce of $group"; }
function submit_button() {}
function admin_url( $path ) { return "/wp-admin/$path"; }
function wp_create_nonce( $action ) { return "nonce of $action"; }
function wp_register_script() {}
function wp_enqueue_script() {}
function wp_add_inline_script( $name, $script ) { global $shown; $shown .= $script; }
function woocommerce_form_field( $name, $field, $value ) { global $shown; $shown .= "$name $value {$field['label']};"; }
function wp_safe_redirect( $url ) { return false; }

/* ---- acts ---- */

function set_up( $settings ) { update_option( 'storelink_cart_capture', $settings ); }
function sign_in( $id ) { global $user; $user = $id; }
function put( $product ) { WC()->cart->add_to_cart( $product, 1 ); }
function clear() { WC()->cart->items = array(); fire( 'woocommerce_cart_updated' ); }
function type_in( $fields ) { $_POST = $fields; storelink_cart_contact(); }
function buy( $hook ) {
	global $orders;
	$order     = new Order();
	$order->id = 1042 + count( $orders );
	$orders[]  = $order;
	if ( 'classic' === $hook ) {
		fire( 'woocommerce_checkout_create_order', $order );
		fire( 'woocommerce_checkout_order_processed', $order->id, array(), $order );
	} else {
		fire( 'woocommerce_store_api_checkout_update_order_meta', $order );
		fire( 'woocommerce_store_api_checkout_order_processed', $order );
	}
	clear();
}
function elsewhere() { global $shop; $shop = new Shop(); }
function follow( $id ) { $_GET['storelink_cart'] = $id; fire( 'wp_loaded' ); }
function answer_with( $code ) { global $status; $status = $code; }
function work() {
	global $queue;
	$due   = $queue;
	$queue = array();
	foreach ( $due as list( $hook, $args ) ) { fire( $hook, ...$args ); }
}
function erase( $email ) { $all = fire( 'wp_privacy_personal_data_erasers', array() ); $all['storelink-cart-capture']['callback']( $email ); }
function save( $given ) { update_option( 'storelink_cart_capture', storelink_cart_sanitize( $given ) ); }
function lose_rights() { global $may; $may = false; }
function show_settings() { global $shown; ob_start(); storelink_cart_page(); $shown .= ob_get_clean(); }
function show_checkout() { fire( 'wp_enqueue_scripts' ); fire( 'woocommerce_after_checkout_billing_form' ); }
function reload() { fire( 'wp_loaded' ); }
function open_checkout() { fire( 'template_redirect' ); }
function keep_boxes() { foreach ( array( 'consent', 'stop' ) as $one ) { update_user_meta( 7, "_wc_other/storelink-cart-capture/$one", '1' ); } }
function tidy() { storelink_cart_tidy(); }
function deactivate() { fire( 'deactivate' ); }
function uninstall() { storelink_cart_uninstall(); }

require $argv[1];
foreach ( json_decode( stream_get_contents( STDIN ), true ) as $act ) {
	$act[0]( ...array_slice( $act, 1 ) );
}
echo json_encode(
	array(
		'posted'  => $posted,
		'orders'  => array_map( function ( $one ) { return $one->meta; }, $orders ),
		'options' => array_keys( $options ),
		'waiting' => count( $queue ),
		'users'   => array_filter( $users ),
		'headers' => $headers,
		'shown'   => $shown,
		'set'     => get_option( 'storelink_cart_capture' ),
		'cart'    => count( WC()->cart->items ),
	)
);
