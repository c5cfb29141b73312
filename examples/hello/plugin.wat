;; hello: log every response header, then add one, replace one and remove one.
;;
;; Proxy-Wasm ABI 0.2.1, written by hand. Read it from the bottom: the callback comes last, its helpers before it.
(module
  ;; ---- What the host offers ------------------------------------------------------------------------------------
  ;; Each of these returns a status; 0 is OK. Text is passed as (address, length). Where the host has an answer longer
  ;; than a number, it asks our allocator for room, writes the answer there, and stores address and length at the two
  ;; places we name.
  (import "env" "proxy_log"
    (func $log (param $level i32) (param $text i32) (param $size i32) (result i32)))
  (import "env" "proxy_get_header_map_pairs"
    (func $get_headers (param $map i32) (param $out_data i32) (param $out_size i32) (result i32)))
  (import "env" "proxy_add_header_map_value"
    (func $add_header (param $map i32) (param $name i32) (param $name_size i32)
                      (param $value i32) (param $value_size i32) (result i32)))
  (import "env" "proxy_replace_header_map_value"
    (func $replace_header (param $map i32) (param $name i32) (param $name_size i32)
                          (param $value i32) (param $value_size i32) (result i32)))
  (import "env" "proxy_remove_header_map_value"
    (func $remove_header (param $map i32) (param $name i32) (param $name_size i32) (result i32)))

  (func (export "proxy_abi_version_0_2_1"))

  ;; ---- Memory --------------------------------------------------------------------------------------------------
  ;;    8 ..   15   where the host stores the address and the length of an answer
  ;;   16 .. 1023   constants
  ;; 1024 ..        the arena
  (memory (export "memory") 1 256)

  (data (i32.const 16) "X-Wasm-custom")
  (data (i32.const 32) "FOO")
  (data (i32.const 48) "content-type")
  (data (i32.const 64) "text/plain; charset=utf-8")
  (data (i32.const 96) "content-length")

  (global $OUT_DATA i32 (i32.const 8))
  (global $OUT_SIZE i32 (i32.const 12))
  (global $LEVEL_INFO i32 (i32.const 2))
  (global $RESPONSE_HEADERS i32 (i32.const 2))
  (global $CONTINUE i32 (i32.const 0))

  ;; ---- The allocator -------------------------------------------------------------------------------------------
  ;; The host never frees what it asked for: that is up to us, and whoever forgets it grows by the size of the headers
  ;; with every request. Nothing in this plugin outlives the callback it was made in, so an arena does: allocating moves
  ;; $next forward, and every callback starts by moving it back.
  (global $ARENA i32 (i32.const 1024))
  (global $next (mut i32) (i32.const 1024))

  (func $reset_arena
    (global.set $next (global.get $ARENA)))

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

  ;; ---- Logging -------------------------------------------------------------------------------------------------
  ;; Logs "name: value". The log copies the text, so the line can be forgotten right after.
  (func $log_header (param $name i32) (param $name_size i32) (param $value i32) (param $value_size i32)
    (local $line i32)
    (local.set $line
      (call $allocate (i32.add (i32.add (local.get $name_size) (i32.const 2)) (local.get $value_size))))
    (if (i32.eqz (local.get $line)) (then (return)))
    (memory.copy (local.get $line) (local.get $name) (local.get $name_size))
    (i32.store16 (i32.add (local.get $line) (local.get $name_size)) (i32.const 0x203a))    ;; ": ", low byte first
    (memory.copy
      (i32.add (i32.add (local.get $line) (local.get $name_size)) (i32.const 2))
      (local.get $value)
      (local.get $value_size))
    (drop (call $log
      (global.get $LEVEL_INFO)
      (local.get $line)
      (i32.add (i32.add (local.get $name_size) (i32.const 2)) (local.get $value_size)))))

  ;; The host hands all headers over in one block. For the pairs a: 1 and b: 22 it reads
  ;;
  ;;   02 00 00 00                            how many
  ;;   01 00 00 00 01 00 00 00                length of the first name, of the first value
  ;;   01 00 00 00 02 00 00 00                length of the second name, of the second value
  ;;   61 00 31 00 62 00 32 32 00             a 0 1 0 b 0 22 0
  ;;
  ;; so one finger runs along the lengths and another along the text.
  (func $log_headers
    (local $left i32)
    (local $lengths i32)
    (local $name i32)
    (local $name_size i32)
    (local $value i32)
    (local $value_size i32)
    (if (call $get_headers (global.get $RESPONSE_HEADERS) (global.get $OUT_DATA) (global.get $OUT_SIZE))
      (then (return)))
    (if (i32.eqz (i32.load (global.get $OUT_SIZE))) (then (return)))        ;; no headers, no block
    (local.set $left (i32.load (i32.load (global.get $OUT_DATA))))
    (local.set $lengths (i32.add (i32.load (global.get $OUT_DATA)) (i32.const 4)))
    (local.set $name (i32.add (local.get $lengths) (i32.mul (local.get $left) (i32.const 8))))
    (loop $each
      (if (i32.eqz (local.get $left)) (then (return)))
      (local.set $name_size (i32.load (local.get $lengths)))
      (local.set $value_size (i32.load offset=4 (local.get $lengths)))
      (local.set $value (i32.add (i32.add (local.get $name) (local.get $name_size)) (i32.const 1)))
      (call $log_header
        (local.get $name) (local.get $name_size) (local.get $value) (local.get $value_size))
      (local.set $name (i32.add (i32.add (local.get $value) (local.get $value_size)) (i32.const 1)))
      (local.set $lengths (i32.add (local.get $lengths) (i32.const 8)))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br $each)))

  ;; ---- The callback --------------------------------------------------------------------------------------------
  (func (export "proxy_on_response_headers")
      (param $context i32) (param $num_headers i32) (param $end_of_stream i32) (result i32)
    (call $reset_arena)
    (call $log_headers)
    ;; X-Wasm-custom: FOO
    (drop (call $add_header (global.get $RESPONSE_HEADERS)
      (i32.const 16) (i32.const 13) (i32.const 32) (i32.const 3)))
    ;; content-type: text/plain; charset=utf-8
    (drop (call $replace_header (global.get $RESPONSE_HEADERS)
      (i32.const 48) (i32.const 12) (i32.const 64) (i32.const 25)))
    ;; no content-length
    (drop (call $remove_header (global.get $RESPONSE_HEADERS)
      (i32.const 96) (i32.const 14)))
    (global.get $CONTINUE)))
