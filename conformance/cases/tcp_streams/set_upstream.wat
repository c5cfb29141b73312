;;! title = "Every kind of change to the bytes at hand"
;;! spec = "proxy_set_buffer_bytes"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [
;;!   { connect = true },
;;!   { upstream_data = { data = "0123456789" } },
;;!   { upstream_data = { data = "0123456789" } },
;;!   { upstream_data = { data = "0123456789" } },
;;!   { upstream_data = { data = "0123456789" } },
;;!   { upstream_data = { data = "0123456789" } },
;;!   { upstream_data = { data = "0123456789" } },
;;!   { upstream_data = { data = "0123456789", end = true } },
;;! ]
(module {{prelude}}
  (global $call (mut i32) (i32.const 0))
  (func {{export proxy_on_upstream_data}}
    (global.set $call (i32.add (global.get $call) (i32.const 1)))
    (if (i32.eq (global.get $call) (i32.const 1)) (then {{proxy_set_buffer_bytes UPSTREAM_DATA 0 0 "before "}}))
    (if (i32.eq (global.get $call) (i32.const 2)) (then {{proxy_set_buffer_bytes UPSTREAM_DATA 10 0 " after"}}))
    (if (i32.eq (global.get $call) (i32.const 3)) (then {{proxy_set_buffer_bytes UPSTREAM_DATA 0 10 "instead"}}))
    (if (i32.eq (global.get $call) (i32.const 4)) (then {{proxy_set_buffer_bytes UPSTREAM_DATA 2 3 "X"}}))
    (if (i32.eq (global.get $call) (i32.const 5)) (then {{proxy_set_buffer_bytes UPSTREAM_DATA 0x7fffffff 7 "!"}}))
    (if (i32.ge_u (global.get $call) (i32.const 6)) (then {{proxy_set_buffer_bytes UPSTREAM_DATA 0 -1 ""}}))
    {{proxy_get_buffer_status UPSTREAM_DATA}}
    {{CONTINUE}}))
