;;! title = "A trap in proxy_on_request_trailers under the policy open: what becomes of the stream, and of the next one"
;;! spec = "failure_policy"
;;! abi = ["0.2.1"]
;;! plugin = [{ name = "plugin", failure_policy = "open" }]
;;! dialogue = [
;;!   { request = { method = "POST", body = ["one"], trailers = [["t", "1"]] } },
;;!   { response = { body = ["two"], trailers = [["u", "2"]] } },
;;!   { finish = true },
;;!   { advance = 2000 },
;;!   { request = {} },
;;!   { response = {} },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_request_trailers}}
    (if (i32.eq (local.get $context_id) (i32.const 2)) (then (unreachable)))
    {{CONTINUE}})
  (func {{export proxy_on_request_headers}}
    (nop)
    {{CONTINUE}})
  (func {{export proxy_on_log}}
    (nop))
  (func {{export proxy_on_delete}}
    (nop)))
