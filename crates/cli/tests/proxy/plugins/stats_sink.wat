;; A stats sink that logs "requests N" whenever the counter http.test.downstream_rq_total has grown, N being its growth
;; (one digit), and "end" when it is done.
(module
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (import "env" "proxy_get_buffer_bytes" (func $buffer (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 16)
  (data (i32.const 32) "http.test.downstream_rq_total")
  (data (i32.const 64) "requests N")
  (data (i32.const 80) "end")

  (func (export "proxy_abi_version_0_2_1"))
  ;; Always the same place: one buffer is read at a time.
  (func (export "proxy_on_memory_allocate") (param i32) (result i32) (i32.const 0x1000))

  ;; Whether the name at $at is the one sought; both are 29 bytes long.
  (func $is_sought (param $at i32) (result i32)
    (local $i i32)
    (loop $next
      (if (i32.ne (i32.load8_u (i32.add (local.get $at) (local.get $i)))
                  (i32.load8_u (i32.add (i32.const 32) (local.get $i))))
        (then (return (i32.const 0))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 29))))
    (i32.const 1))

  (func (export "envoy_on_stats_update") (param i32) (param $size i32)
    (local $start i32) (local $at i32) (local $left i32) (local $length i32) (local $delta i32)
    (if (call $buffer (i32.const 8) (i32.const 0) (local.get $size) (i32.const 0) (i32.const 4)) (then unreachable))
    (local.set $start (i32.load (i32.const 0)))
    ;; The first block holds the counters.
    (if (i32.ne (i32.load offset=4 (local.get $start)) (i32.const 1)) (then unreachable))
    (local.set $left (i32.load offset=8 (local.get $start)))
    (local.set $at (i32.add (local.get $start) (i32.const 12)))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $left)))
        (local.set $length (i32.load (local.get $at)))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (if (i32.and (i32.eq (local.get $length) (i32.const 29)) (call $is_sought (local.get $at)))
          (then
            (local.set $delta (i32.load offset=8 (call $align (i32.add (local.get $at) (local.get $length)))))
            (if (local.get $delta)
              (then
                (i32.store8 (i32.const 73) (i32.add (i32.const 48) (local.get $delta)))
                (drop (call $log (i32.const 2) (i32.const 64) (i32.const 10)))))))
        (local.set $at (i32.add (call $align (i32.add (local.get $at) (local.get $length))) (i32.const 16)))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br $next)))
    ;; The size of the block is where it ends.
    (if (i32.ne (local.get $at) (i32.add (local.get $start) (i32.load (local.get $start)))) (then unreachable)))

  ;; The buffer begins at a multiple of 8, so that its places can be rounded as they are.
  (func $align (param $at i32) (result i32)
    (i32.and (i32.add (local.get $at) (i32.const 7)) (i32.const -8)))

  (func (export "proxy_on_done") (param i32) (result i32)
    (drop (call $log (i32.const 2) (i32.const 80) (i32.const 3)))
    (i32.const 1)))
