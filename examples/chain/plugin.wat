;; chain: show in which order the plugins of one filter chain are called.
;;
;; The plugin configuration is a name. On the way in, the plugin appends it to the request header x-chain-request, on the
;; way out to the response header x-chain-response; both times it logs the header as it now stands. At the end of the
;; stream it logs, at level debug, the three last callbacks.
;;
;; Proxy-Wasm ABI 0.2.1, written by hand. Read it from the bottom: the callbacks come last, their helpers before them.
(module
  ;; ---- What the host offers ------------------------------------------------------------------------------------
  ;; Each of these returns a status; 0 is OK.
  (import "env" "proxy_log"
    (func $log (param $level i32) (param $text i32) (param $size i32) (result i32)))
  (import "env" "proxy_get_buffer_bytes"
    (func $get_buffer (param $buffer i32) (param $start i32) (param $max_size i32)
                      (param $out_data i32) (param $out_size i32) (result i32)))
  (import "env" "proxy_get_header_map_value"
    (func $get_header (param $map i32) (param $name i32) (param $name_size i32)
                      (param $out_data i32) (param $out_size i32) (result i32)))
  (import "env" "proxy_replace_header_map_value"
    (func $replace_header (param $map i32) (param $name i32) (param $name_size i32)
                          (param $value i32) (param $value_size i32) (result i32)))

  (func (export "proxy_abi_version_0_2_1"))

  ;; ---- Memory --------------------------------------------------------------------------------------------------
  ;;    8 ..   15   where the host stores the address and the length of an answer
  ;;   16 .. 1023   constants
  ;; 1024 ..        the configuration, and after it the arena
  (memory (export "memory") 1 256)

  (data (i32.const 16) "x-chain-request")
  (data (i32.const 32) "x-chain-response")
  (data (i32.const 48) "log")
  (data (i32.const 56) "done")
  (data (i32.const 64) "delete")

  (global $OUT_DATA i32 (i32.const 8))
  (global $OUT_SIZE i32 (i32.const 12))
  (global $LEVEL_DEBUG i32 (i32.const 1))
  (global $LEVEL_INFO i32 (i32.const 2))
  (global $REQUEST_HEADERS i32 (i32.const 0))
  (global $RESPONSE_HEADERS i32 (i32.const 2))
  (global $PLUGIN_CONFIGURATION i32 (i32.const 7))
  (global $EVERYTHING i32 (i32.const -1))
  (global $CONTINUE i32 (i32.const 0))

  ;; Our name. One pair of globals is enough because envoy.yaml gives each of the three plugins a vm_id of its own, and
  ;; with it an instance of this module of its own. Under one vm_id they would share one instance and these two globals;
  ;; a plugin meant for that has to keep its settings by root context.
  (global $name (mut i32) (i32.const 0))
  (global $name_size (mut i32) (i32.const 0))

  ;; ---- The allocator -------------------------------------------------------------------------------------------
  ;; The host never frees what it asked for: that is up to us. An arena does: allocating moves $next forward, and every
  ;; callback starts by moving it back to $arena. The configuration is the one thing that has to stay; once it is read,
  ;; $arena moves behind it.
  (global $arena (mut i32) (i32.const 1024))
  (global $next (mut i32) (i32.const 1024))

  (func $reset_arena
    (global.set $next (global.get $arena)))

  (func $keep_what_is_allocated
    (global.set $arena (global.get $next)))

  (func $allocate (export "proxy_on_memory_allocate") (param $size i32) (result i32)
    (local $start i32)
    (local $end i64)
    (local $missing_pages i64)
    (local.set $start (global.get $next))
    ;; In 64 bits, where no size can wrap around.
    (local.set $end
      (i64.add (i64.extend_i32_u (local.get $start)) (i64.extend_i32_u (local.get $size))))
    (local.set $missing_pages
      (i64.sub
        (i64.shr_u (i64.add (local.get $end) (i64.const 0xffff)) (i64.const 16))
        (i64.extend_i32_u (memory.size))))
    (if (i64.gt_s (local.get $missing_pages) (i64.const 0))
      (then
        (if (i32.eq (memory.grow (i32.wrap_i64 (local.get $missing_pages))) (i32.const -1))
          (then (return (i32.const 0))))))                                  ;; 0: no room
    (global.set $next                                                       ;; keep it a multiple of 8
      (i32.and (i32.add (i32.wrap_i64 (local.get $end)) (i32.const 7)) (i32.const -8)))
    (local.get $start))

  ;; ---- Appending to a header -----------------------------------------------------------------------------------
  ;; Turns "A" into "A,B", or nothing into "B", and logs "header: A,B". Line and value are one piece of text: the value
  ;; is the end of the line.
  (func $append_name (param $map i32) (param $header i32) (param $header_size i32)
    (local $line i32)
    (local $value i32)
    (local $end i32)
    (call $reset_arena)
    ;; A status other than OK means that there is no such header yet.
    (if (call $get_header (local.get $map) (local.get $header) (local.get $header_size)
          (global.get $OUT_DATA) (global.get $OUT_SIZE))
      (then (i32.store (global.get $OUT_SIZE) (i32.const 0))))
    (local.set $line
      (call $allocate
        (i32.add
          (i32.add (local.get $header_size) (i32.load (global.get $OUT_SIZE)))
          (i32.add (global.get $name_size) (i32.const 3)))))                ;; 3: for ": " and ","
    (if (i32.eqz (local.get $line)) (then (return)))

    ;; "header: "
    (memory.copy (local.get $line) (local.get $header) (local.get $header_size))
    (local.set $end (i32.add (local.get $line) (local.get $header_size)))
    (i32.store16 (local.get $end) (i32.const 0x203a))                       ;; ": ", low byte first
    (local.set $value (i32.add (local.get $end) (i32.const 2)))
    (local.set $end (local.get $value))
    ;; "A,"
    (if (i32.load (global.get $OUT_SIZE))
      (then
        (memory.copy (local.get $end)
          (i32.load (global.get $OUT_DATA)) (i32.load (global.get $OUT_SIZE)))
        (local.set $end (i32.add (local.get $end) (i32.load (global.get $OUT_SIZE))))
        (i32.store8 (local.get $end) (i32.const 0x2c))
        (local.set $end (i32.add (local.get $end) (i32.const 1)))))
    ;; "B"
    (memory.copy (local.get $end) (global.get $name) (global.get $name_size))
    (local.set $end (i32.add (local.get $end) (global.get $name_size)))

    (drop (call $replace_header (local.get $map) (local.get $header) (local.get $header_size)
      (local.get $value) (i32.sub (local.get $end) (local.get $value))))
    (drop (call $log (global.get $LEVEL_INFO)
      (local.get $line) (i32.sub (local.get $end) (local.get $line)))))

  ;; ---- The callbacks -------------------------------------------------------------------------------------------
  ;; (root context, size of the plugin configuration) -> may we start?
  (func (export "proxy_on_configure") (param $root i32) (param $configuration_size i32) (result i32)
    (drop (call $get_buffer (global.get $PLUGIN_CONFIGURATION)
      (i32.const 0) (global.get $EVERYTHING) (global.get $OUT_DATA) (global.get $OUT_SIZE)))
    (global.set $name (i32.load (global.get $OUT_DATA)))
    (global.set $name_size (i32.load (global.get $OUT_SIZE)))
    (call $keep_what_is_allocated)
    (i32.const 1))

  (func (export "proxy_on_request_headers")
      (param $context i32) (param $num_headers i32) (param $end_of_stream i32) (result i32)
    (call $append_name (global.get $REQUEST_HEADERS) (i32.const 16) (i32.const 15))
    (global.get $CONTINUE))

  (func (export "proxy_on_response_headers")
      (param $context i32) (param $num_headers i32) (param $end_of_stream i32) (result i32)
    (call $append_name (global.get $RESPONSE_HEADERS) (i32.const 32) (i32.const 16))
    (global.get $CONTINUE))

  (func (export "proxy_on_log") (param $context i32)
    (drop (call $log (global.get $LEVEL_DEBUG) (i32.const 48) (i32.const 3))))

  ;; 1: nothing left to wait for.
  (func (export "proxy_on_done") (param $context i32) (result i32)
    (drop (call $log (global.get $LEVEL_DEBUG) (i32.const 56) (i32.const 4)))
    (i32.const 1))

  (func (export "proxy_on_delete") (param $context i32)
    (drop (call $log (global.get $LEVEL_DEBUG) (i32.const 64) (i32.const 6)))))
