;; body-rewrite: replace a word in a response body.
;;
;; The plugin configuration is two words: the one to look for and the one to put in its place ("wasm WebAssembly").
;; A word may arrive in two pieces, so the plugin holds the body back until it is complete and then rewrites it at once.
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
  (import "env" "proxy_set_buffer_bytes"
    (func $set_buffer (param $buffer i32) (param $start i32) (param $size i32)
                      (param $data i32) (param $data_size i32) (result i32)))

  (func (export "proxy_abi_version_0_2_1"))

  ;; ---- Memory --------------------------------------------------------------------------------------------------
  ;;    8 ..   15   where the host stores the address and the length of an answer
  ;;   16 .. 1023   constants
  ;; 1024 ..        the configuration, and after it the arena
  ;; It grows as bodies ask for it, up to 16384 pages of 64 KiB, which is 1 GiB.
  (memory (export "memory") 1 16384)

  (data (i32.const 16) "the configuration must be two words: the one to replace and its replacement")
  (data (i32.const 96) "no room to rewrite this body; it passes unchanged")

  (global $OUT_DATA i32 (i32.const 8))
  (global $OUT_SIZE i32 (i32.const 12))
  (global $LEVEL_WARN i32 (i32.const 3))
  (global $LEVEL_ERROR i32 (i32.const 4))
  (global $RESPONSE_BODY i32 (i32.const 1))
  (global $PLUGIN_CONFIGURATION i32 (i32.const 7))
  (global $EVERYTHING i32 (i32.const -1))
  (global $CONTINUE i32 (i32.const 0))
  (global $PAUSE_AND_BUFFER i32 (i32.const 1))

  ;; The two words, inside the configuration.
  (global $old (mut i32) (i32.const 0))
  (global $old_size (mut i32) (i32.const 0))
  (global $new (mut i32) (i32.const 0))
  (global $new_size (mut i32) (i32.const 0))

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

  ;; ---- Text ----------------------------------------------------------------------------------------------------
  ;; Is the old word at $at? The caller makes sure that there is room for it.
  (func $old_is_at (param $at i32) (result i32)
    (local $index i32)
    (loop $each
      (if (i32.ne
            (i32.load8_u (i32.add (local.get $at) (local.get $index)))
            (i32.load8_u (i32.add (global.get $old) (local.get $index))))
        (then (return (i32.const 0))))
      (local.set $index (i32.add (local.get $index) (i32.const 1)))
      (br_if $each (i32.lt_u (local.get $index) (global.get $old_size))))
    (i32.const 1))

  ;; The address of the next old word in $from .. $end, or $end when there is none.
  (func $find_old (param $from i32) (param $end i32) (result i32)
    (block $none
      (loop $each
        (br_if $none
          (i32.lt_u (i32.sub (local.get $end) (local.get $from)) (global.get $old_size)))
        (if (call $old_is_at (local.get $from)) (then (return (local.get $from))))
        (local.set $from (i32.add (local.get $from) (i32.const 1)))
        (br $each)))
    (local.get $end))

  (func $count_old (param $from i32) (param $end i32) (result i32)
    (local $count i32)
    (block $done
      (loop $each
        (local.set $from (call $find_old (local.get $from) (local.get $end)))
        (br_if $done (i32.eq (local.get $from) (local.get $end)))
        (local.set $from (i32.add (local.get $from) (global.get $old_size)))
        (local.set $count (i32.add (local.get $count) (i32.const 1)))
        (br $each)))
    (local.get $count))

  ;; Copies $from .. $end to $to, with every old word replaced.
  (func $copy_replaced (param $from i32) (param $end i32) (param $to i32)
    (local $found i32)
    (loop $each
      (local.set $found (call $find_old (local.get $from) (local.get $end)))
      (memory.copy (local.get $to) (local.get $from) (i32.sub (local.get $found) (local.get $from)))
      (if (i32.eq (local.get $found) (local.get $end)) (then (return)))
      (local.set $to (i32.add (local.get $to) (i32.sub (local.get $found) (local.get $from))))
      (memory.copy (local.get $to) (global.get $new) (global.get $new_size))
      (local.set $to (i32.add (local.get $to) (global.get $new_size)))
      (local.set $from (i32.add (local.get $found) (global.get $old_size)))
      (br $each)))

  ;; The address of the first byte in $from .. $end that ends a word, or $end. Blanks, line ends and everything below
  ;; them in ASCII end a word.
  (func $skip_word (param $from i32) (param $end i32) (result i32)
    (block $stop
      (loop $each
        (br_if $stop (i32.eq (local.get $from) (local.get $end)))
        (br_if $stop (i32.le_u (i32.load8_u (local.get $from)) (i32.const 0x20)))
        (local.set $from (i32.add (local.get $from) (i32.const 1)))
        (br $each)))
    (local.get $from))

  (func $skip_blanks (param $from i32) (param $end i32) (result i32)
    (block $stop
      (loop $each
        (br_if $stop (i32.eq (local.get $from) (local.get $end)))
        (br_if $stop (i32.gt_u (i32.load8_u (local.get $from)) (i32.const 0x20)))
        (local.set $from (i32.add (local.get $from) (i32.const 1)))
        (br $each)))
    (local.get $from))

  ;; ---- The callbacks -------------------------------------------------------------------------------------------
  ;; (root context, size of the plugin configuration) -> may we start?
  (func (export "proxy_on_configure") (param $root i32) (param $configuration_size i32) (result i32)
    (local $end i32)
    (drop (call $get_buffer (global.get $PLUGIN_CONFIGURATION)
      (i32.const 0) (global.get $EVERYTHING) (global.get $OUT_DATA) (global.get $OUT_SIZE)))
    (local.set $end
      (i32.add (i32.load (global.get $OUT_DATA)) (i32.load (global.get $OUT_SIZE))))
    (call $keep_what_is_allocated)

    (global.set $old (call $skip_blanks (i32.load (global.get $OUT_DATA)) (local.get $end)))
    (global.set $old_size
      (i32.sub (call $skip_word (global.get $old) (local.get $end)) (global.get $old)))
    (global.set $new
      (call $skip_blanks (i32.add (global.get $old) (global.get $old_size)) (local.get $end)))
    (global.set $new_size
      (i32.sub (call $skip_word (global.get $new) (local.get $end)) (global.get $new)))

    (if (i32.and
          (i32.ne (global.get $new_size) (i32.const 0))
          (i32.eq
            (call $skip_blanks (i32.add (global.get $new) (global.get $new_size)) (local.get $end))
            (local.get $end)))
      (then (return (i32.const 1))))
    (drop (call $log (global.get $LEVEL_ERROR) (i32.const 16) (i32.const 75)))
    (i32.const 0))

  ;; While this returns "pause and buffer", the host keeps what has arrived and calls again with all of it.
  (func (export "proxy_on_response_body")
      (param $context i32) (param $body_size i32) (param $end_of_stream i32) (result i32)
    (if (i32.eqz (local.get $end_of_stream)) (then (return (global.get $PAUSE_AND_BUFFER))))
    (call $rewrite)
    (global.get $CONTINUE))

  ;; A body with trailers behind it ends here: for such a body, end_of_stream never comes with a piece of the body.
  (func (export "proxy_on_response_trailers") (param $context i32) (param $num_trailers i32) (result i32)
    (call $rewrite)
    (global.get $CONTINUE))

  (func $rewrite
    (local $body i32)
    (local $end i32)
    (local $count i32)
    (local $size i64)
    (local $rewritten i32)
    (call $reset_arena)
    (if (call $get_buffer (global.get $RESPONSE_BODY)
          (i32.const 0) (global.get $EVERYTHING) (global.get $OUT_DATA) (global.get $OUT_SIZE))
      (then (call $warn_no_room) (return)))
    (local.set $body (i32.load (global.get $OUT_DATA)))
    (local.set $end (i32.add (local.get $body) (i32.load (global.get $OUT_SIZE))))
    (local.set $count (call $count_old (local.get $body) (local.get $end)))
    (if (i32.eqz (local.get $count)) (then (return)))

    ;; size = size + count * (new size - old size), in 64 bits, where it cannot wrap around.
    (local.set $size
      (i64.add
        (i64.extend_i32_u (i32.load (global.get $OUT_SIZE)))
        (i64.mul
          (i64.extend_i32_u (local.get $count))
          (i64.sub
            (i64.extend_i32_u (global.get $new_size))
            (i64.extend_i32_u (global.get $old_size))))))
    (if (i64.gt_s (local.get $size) (i64.const 0x3fffffff)) (then (call $warn_no_room) (return)))
    (local.set $rewritten (call $allocate (i32.wrap_i64 (local.get $size))))
    (if (i32.eqz (local.get $rewritten)) (then (call $warn_no_room) (return)))
    (call $copy_replaced (local.get $body) (local.get $end) (local.get $rewritten))
    (drop (call $set_buffer (global.get $RESPONSE_BODY)
      (i32.const 0) (global.get $EVERYTHING) (local.get $rewritten) (i32.wrap_i64 (local.get $size)))))

  (func $warn_no_room
    (drop (call $log (global.get $LEVEL_WARN) (i32.const 96) (i32.const 49)))))
