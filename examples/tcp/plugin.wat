;; tcp: hold a client's bytes until its first line is there, log that line, and change what a server must not see.
;;
;; Proxy-Wasm ABI 0.2.1, written by hand. Read it from the bottom: the callbacks come last, their helpers before them.
(module
  ;; ---- What the host offers ------------------------------------------------------------------------------------
  ;; Each of these returns a status; 0 is OK. Bytes are passed as (address, length). Where the host has an answer longer
  ;; than a number, it asks our allocator for room, writes the answer there, and stores address and length at the two
  ;; places we name.
  (import "env" "proxy_log"
    (func $log (param $level i32) (param $text i32) (param $size i32) (result i32)))
  (import "env" "proxy_get_buffer_bytes"
    (func $get_bytes (param $buffer i32) (param $start i32) (param $size i32)
                     (param $out_data i32) (param $out_size i32) (result i32)))
  (import "env" "proxy_set_buffer_bytes"
    (func $set_bytes (param $buffer i32) (param $start i32) (param $size i32)
                     (param $data i32) (param $data_size i32) (result i32)))

  (func (export "proxy_abi_version_0_2_1"))

  ;; ---- Memory --------------------------------------------------------------------------------------------------
  ;;     8 ..    15   where the host stores the address and the length of an answer
  ;;    16 ..   127   constants
  ;;   128 ..  1151   a line to be logged
  ;;  4096 ..  8191   one byte per connection: 1 once its first line has passed
  ;; 65536 ..         the room that the host asks for
  (memory (export "memory") 2)

  (data (i32.const 16) "connected")
  (data (i32.const 32) "closed")
  (data (i32.const 48) "first line: ")
  (data (i32.const 64) "GET /private")
  (data (i32.const 80) "/nothing")

  (global $OUT_DATA i32 (i32.const 8))
  (global $OUT_SIZE i32 (i32.const 12))
  (global $LEVEL_INFO i32 (i32.const 2))
  (global $DOWNSTREAM_DATA i32 (i32.const 2))
  (global $CONTINUE i32 (i32.const 0))
  (global $PAUSE i32 (i32.const 1))

  ;; How much of a first line is looked at, and waited for.
  (global $LONGEST i32 (i32.const 1000))

  ;; ---- The allocator -------------------------------------------------------------------------------------------
  ;; We ask for one thing at a time, of at most $LONGEST bytes, and are done with it when the callback ends.
  (func (export "proxy_on_memory_allocate") (param $size i32) (result i32)
    (if (i32.gt_u (local.get $size) (i32.const 65536)) (then (return (i32.const 0))))
    (i32.const 65536))

  ;; ---- Helpers -------------------------------------------------------------------------------------------------
  (func $say (param $text i32) (param $size i32)
    (drop (call $log (global.get $LEVEL_INFO) (local.get $text) (local.get $size))))

  ;; Where a connection's byte is. Numbers of contexts grow; few connections are open at once.
  (func $passed (param $context i32) (result i32)
    (i32.add (i32.const 4096) (i32.and (local.get $context) (i32.const 4095))))

  ;; How many of $size bytes at $text come before the first line feed; $size if there is none.
  (func $line_length (param $text i32) (param $size i32) (result i32)
    (local $at i32)
    (loop $next
      (if (i32.lt_u (local.get $at) (local.get $size))
        (then
          (if (i32.ne (i32.load8_u (i32.add (local.get $text) (local.get $at))) (i32.const 10))
            (then
              (local.set $at (i32.add (local.get $at) (i32.const 1)))
              (br $next))))))
    (local.get $at))

  ;; Whether $size bytes at $one are those at $two.
  (func $equal (param $one i32) (param $two i32) (param $size i32) (result i32)
    (loop $next
      (if (i32.eqz (local.get $size)) (then (return (i32.const 1))))
      (local.set $size (i32.sub (local.get $size) (i32.const 1)))
      (br_if $next
        (i32.eq (i32.load8_u (i32.add (local.get $one) (local.get $size)))
                (i32.load8_u (i32.add (local.get $two) (local.get $size))))))
    (i32.const 0))

  ;; "first line: ", and the line without its carriage return.
  (func $say_line (param $text i32) (param $length i32)
    (if (i32.gt_u (local.get $length) (i32.const 0))
      (then
        (if (i32.eq (i32.load8_u (i32.sub (i32.add (local.get $text) (local.get $length)) (i32.const 1)))
                    (i32.const 13))
          (then (local.set $length (i32.sub (local.get $length) (i32.const 1)))))))
    (memory.copy (i32.const 128) (i32.const 48) (i32.const 12))
    (memory.copy (i32.const 140) (local.get $text) (local.get $length))
    (call $say (i32.const 128) (i32.add (i32.const 12) (local.get $length))))

  ;; ---- Callbacks -----------------------------------------------------------------------------------------------
  (func (export "proxy_on_new_connection") (param $context i32) (result i32)
    (i32.store8 (call $passed (local.get $context)) (i32.const 0))
    (call $say (i32.const 16) (i32.const 9))
    (global.get $CONTINUE))

  ;; Bytes of the client. What we hold, the host shows us again together with what follows.
  (func (export "proxy_on_downstream_data")
        (param $context i32) (param $size i32) (param $end_of_stream i32) (result i32)
    (local $text i32)
    (local $length i32)
    (if (i32.load8_u (call $passed (local.get $context))) (then (return (global.get $CONTINUE))))
    (if (i32.or
          (i32.ne
            (call $get_bytes (global.get $DOWNSTREAM_DATA) (i32.const 0) (global.get $LONGEST)
                             (global.get $OUT_DATA) (global.get $OUT_SIZE))
            (i32.const 0))
          (i32.eqz (i32.load (global.get $OUT_SIZE))))
      (then (return (global.get $CONTINUE))))
    (local.set $text (i32.load (global.get $OUT_DATA)))
    (local.set $length (call $line_length (local.get $text) (i32.load (global.get $OUT_SIZE))))

    ;; The line is not complete, but will be.
    (if (i32.and
          (i32.eq (local.get $length) (local.get $size))
          (i32.eqz (local.get $end_of_stream)))
      (then (return (global.get $PAUSE))))

    (i32.store8 (call $passed (local.get $context)) (i32.const 1))
    (call $say_line (local.get $text) (local.get $length))
    (if (i32.ge_u (local.get $length) (i32.const 12))
      (then
        (if (call $equal (local.get $text) (i32.const 64) (i32.const 12))
          (then
            ;; Some hosts take no changes in the middle of a buffer, so all we have looked at is replaced from the start.
            (memory.copy (i32.const 128) (local.get $text) (i32.load (global.get $OUT_SIZE)))
            (memory.copy (i32.const 132) (i32.const 80) (i32.const 8))
            (drop (call $set_bytes (global.get $DOWNSTREAM_DATA) (i32.const 0) (i32.load (global.get $OUT_SIZE))
                                   (i32.const 128) (i32.load (global.get $OUT_SIZE))))))))
    (global.get $CONTINUE))

  (func (export "proxy_on_downstream_connection_close") (param $context i32) (param $peer i32)
    (call $say (i32.const 32) (i32.const 6))))
