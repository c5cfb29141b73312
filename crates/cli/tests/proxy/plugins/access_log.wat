;; As an access logger: the path and the status of every stream, one line each. As a filter: a word of its own.
(module
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (import "env" "proxy_get_header_map_value" (func $value (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 32) ":path")
  (data (i32.const 48) ":status")
  (data (i32.const 64) "done")
  (global $heap (mut i32) (i32.const 0x1000))

  (func (export "proxy_abi_version_0_2_1"))
  ;; A ring: nothing is kept for long.
  (func (export "proxy_on_memory_allocate") (param $size i32) (result i32)
    (local $at i32)
    (if (i32.gt_u (i32.add (global.get $heap) (local.get $size)) (i32.const 0x10000))
      (then (global.set $heap (i32.const 0x1000))))
    (local.set $at (global.get $heap))
    (global.set $heap (i32.add (global.get $heap) (local.get $size)))
    (local.get $at))

  ;; Logs a field of a map, or nothing if there is none.
  (func $show (param $map i32) (param $name i32) (param $size i32)
    (if (i32.eqz (call $value (local.get $map) (local.get $name) (local.get $size) (i32.const 0) (i32.const 4)))
      (then (drop (call $log (i32.const 2) (i32.load (i32.const 0)) (i32.load (i32.const 4)))))))

  (func (export "proxy_on_log") (param i32)
    (call $show (i32.const 0) (i32.const 32) (i32.const 5))
    (call $show (i32.const 2) (i32.const 48) (i32.const 7)))
  (func (export "proxy_on_done") (param i32) (result i32)
    (drop (call $log (i32.const 2) (i32.const 64) (i32.const 4)))
    (i32.const 1)))
