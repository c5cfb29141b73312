;; Asks for more memory many times within one callback, by nothing each time. GROWTHS is filled in by src/guests.rs.
(module
  {{imports}} {{marker}} {{data}}
  (memory (export "memory") 1)
  (func (export "malloc") (param $size i32) (result i32)
    (i32.const 0x1000))

  (func {{export proxy_on_request_headers}}
    (local $left i32)
    (local.set $left (i32.const GROWTHS))
    (loop $again
      (if (i32.eq (memory.grow (i32.const 0)) (i32.const -1)) (then (unreachable)))
      (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    (i32.const 0)))
