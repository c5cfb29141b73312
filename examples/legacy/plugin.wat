;; legacy: a plugin of the first ABI, 0.1.0, as SDKs emitted it in 2020.
;;
;; It holds a request until its body has arrived completely, marks it with the header x-body-complete: yes, has it routed
;; anew, and lets it go. To every response it adds x-legacy with the plugin configuration as value.
;;
;; What is different from 0.2.x:
;;   - the two headers callbacks have no parameter end_of_stream;
;;   - proxy_get_configuration gives the configuration, there is no buffer for it;
;;   - proxy_continue_request, proxy_continue_response and proxy_clear_route_cache take no parameters;
;;   - asking for a header that is not there is OK and gives an empty value, not the status NOT_FOUND.
;;
;; Written by hand. Read it from the bottom: the callbacks come last, their helpers before them.
(module
  ;; ---- What the host offers ------------------------------------------------------------------------------------
  ;; Each of these returns a status; 0 is OK.
  (import "env" "proxy_get_configuration"
    (func $get_configuration (param $out_data i32) (param $out_size i32) (result i32)))
  (import "env" "proxy_get_header_map_value"
    (func $get_header (param $map i32) (param $name i32) (param $name_size i32)
                      (param $out_data i32) (param $out_size i32) (result i32)))
  (import "env" "proxy_replace_header_map_value"
    (func $replace_header (param $map i32) (param $name i32) (param $name_size i32)
                          (param $value i32) (param $value_size i32) (result i32)))
  (import "env" "proxy_remove_header_map_value"
    (func $remove_header (param $map i32) (param $name i32) (param $name_size i32) (result i32)))
  (import "env" "proxy_clear_route_cache" (func $clear_route_cache (result i32)))
  (import "env" "proxy_continue_request" (func $continue_request (result i32)))

  (func (export "proxy_abi_version_0_1_0"))

  ;; ---- Memory --------------------------------------------------------------------------------------------------
  ;;    8 ..   15   where the host stores the address and the length of an answer
  ;;   16 .. 1023   constants
  ;; 1024 ..        the configuration, and after it the arena
  (memory (export "memory") 1 256)

  (data (i32.const 16) "content-length")
  (data (i32.const 64) "x-body-complete")
  (data (i32.const 80) "yes")
  (data (i32.const 96) "x-legacy")

  (global $OUT_DATA i32 (i32.const 8))
  (global $OUT_SIZE i32 (i32.const 12))
  (global $REQUEST_HEADERS i32 (i32.const 0))
  (global $RESPONSE_HEADERS i32 (i32.const 2))
  (global $CONTINUE i32 (i32.const 0))
  (global $PAUSE i32 (i32.const 1))

  (global $configuration (mut i32) (i32.const 0))
  (global $configuration_size (mut i32) (i32.const 0))

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

  ;; Modules of that time called it malloc; hosts take either name.
  (func $allocate (export "malloc") (param $size i32) (result i32)
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

  ;; ---- Is there a body to wait for? ----------------------------------------------------------------------------
  ;; Without end_of_stream only the headers can tell, and waiting for a body that never comes would hold the request for
  ;; ever. So the answer is yes only where content-length promises one: there, and not "0".
  (func $has_body (result i32)
    (if (call $get_header (global.get $REQUEST_HEADERS) (i32.const 16) (i32.const 14)
          (global.get $OUT_DATA) (global.get $OUT_SIZE))
      (then (return (i32.const 0))))
    (if (i32.eqz (i32.load (global.get $OUT_SIZE))) (then (return (i32.const 0))))
    (i32.eqz (i32.and
      (i32.eq (i32.load (global.get $OUT_SIZE)) (i32.const 1))
      (i32.eq (i32.load8_u (i32.load (global.get $OUT_DATA))) (i32.const 0x30)))))      ;; "0"

  ;; ---- The callbacks -------------------------------------------------------------------------------------------
  ;; (root context, size of the plugin configuration) -> may we start?
  (func (export "proxy_on_configure") (param $root i32) (param $size i32) (result i32)
    (drop (call $get_configuration (global.get $OUT_DATA) (global.get $OUT_SIZE)))
    (global.set $configuration (i32.load (global.get $OUT_DATA)))
    (global.set $configuration_size (i32.load (global.get $OUT_SIZE)))
    (call $keep_what_is_allocated)
    (i32.const 1))

  (func (export "proxy_on_request_headers") (param $context i32) (param $num_headers i32) (result i32)
    (call $reset_arena)
    ;; What the client says about x-body-complete does not count.
    (drop (call $remove_header (global.get $REQUEST_HEADERS) (i32.const 64) (i32.const 15)))
    (if (result i32) (call $has_body)
      (then (global.get $PAUSE))
      (else (global.get $CONTINUE))))

  ;; As long as the body is incomplete, keep it: "pause" from here means that the host buffers it.
  (func (export "proxy_on_request_body")
      (param $context i32) (param $body_size i32) (param $end_of_stream i32) (result i32)
    (if (i32.eqz (local.get $end_of_stream)) (then (return (global.get $PAUSE))))
    (call $release_request)
    (global.get $CONTINUE))

  ;; A body with trailers behind it ends here.
  (func (export "proxy_on_request_trailers") (param $context i32) (param $num_trailers i32) (result i32)
    (call $release_request)
    (global.get $CONTINUE))

  ;; The headers are still ours: they were held, so they can be changed.
  (func $release_request
    ;; x-body-complete: yes
    (drop (call $replace_header (global.get $REQUEST_HEADERS)
      (i32.const 64) (i32.const 15) (i32.const 80) (i32.const 3)))
    (drop (call $clear_route_cache))
    (drop (call $continue_request)))

  (func (export "proxy_on_response_headers") (param $context i32) (param $num_headers i32) (result i32)
    ;; x-legacy: the configuration
    (drop (call $replace_header (global.get $RESPONSE_HEADERS)
      (i32.const 96) (i32.const 8) (global.get $configuration) (global.get $configuration_size)))
    (global.get $CONTINUE)))
