;;! title = "Plugins that share a VM fail together: closed"
;;! spec = "failure_policy"
;;! abi = ["0.2.1"]
;;! plugin = [{ name = "first", failure_policy = "closed" }, { name = "second", failure_policy = "closed" }]
;;! dialogue = [{ request = {} }, { response = {} }, { finish = true }, { request = {} }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    (nop)
    {{CONTINUE}})
  (func {{export proxy_on_response_headers}}
    (if (i32.eq (local.get $context_id) (i32.const 4)) (then (unreachable)))
    {{CONTINUE}})
  (func {{export proxy_on_log}}
    (nop)))
