;; Makes one host call many times within one callback. CALLBACK, CALLS, BEFORE and CALL are filled in by src/guests.rs.
(module
  {{imports}} {{marker}} {{data}}
  (memory (export "memory") 3)

  (global $heap (mut i32) (i32.const 0x10000))
  (func (export "malloc") (param $size i32) (result i32)
    (global.get $heap)
    (global.set $heap (i32.add (global.get $heap) (local.get $size))))

  (func {{export CALLBACK}}
    (local $left i32)
    (local $status i32)
    (local.set $left (i32.const CALLS))
    (local.set $status BEFORE)
    (loop $again
      ;; Each call finds an empty heap.
      (global.set $heap (i32.const 0x10000))
      (local.set $status (i32.or (local.get $status) CALL))
      (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    ;; A call that was not answered with OK measures nothing.
    (if (local.get $status) (then (unreachable)))
    (i32.const 0)))
