;;! title = "A VM that cannot be started anew stays failed until the next interval"
;;! spec = "failure_policy"
;;! abi = ["0.2.1"]
;;! plugin = [{ name = "plugin", failure_policy = "reload" }]
;;! dialogue = [
;;!   { request = {} }, { finish = true },
;;!   { advance = 1500 }, { request = {} }, { finish = true },
;;!   { advance = 1000 }, { request = {} }, { finish = true },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    (unreachable)
    {{CONTINUE}})
  (func {{export proxy_on_configure}}
    {{proxy_get_current_time_nanoseconds}}
    (if (i64.ne (i64.load (i32.const 0x10)) (i64.const 1700000000000000000)) (then (return (i32.const 0))))
    (i32.const 1)))
