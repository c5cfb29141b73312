;;! title = "A VM that is started anew begins from nothing"
;;! spec = "failure_policy"
;;! abi = ["0.2.1"]
;;! plugin = [{ name = "plugin", failure_policy = "reload" }]
;;! dialogue = [
;;!   { advance = 5000 },
;;!   { request = {} }, { finish = true },
;;!   { request = {} }, { finish = true },
;;!   { request = {} }, { finish = true },
;;!   { request = {} }, { finish = true },
;;! ]
(module {{prelude}}
  (global $requests (mut i32) (i32.const 0))
  (func {{export proxy_on_vm_start}}
    (nop)
    (i32.const 1))
  (func {{export proxy_on_configure}}
    (nop)
    (i32.const 1))
  (func {{export proxy_on_request_headers}}
    (global.set $requests (i32.add (global.get $requests) (i32.const 1)))
    (if (i32.eq (global.get $requests) (i32.const 2)) (then (unreachable)))
    {{CONTINUE}}))
