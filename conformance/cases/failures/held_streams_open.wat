;;! title = "Streams that a failed VM holds do not wait for ever: open"
;;! spec = "failure_policy"
;;! abi = ["0.2.1"]
;;! plugin = [{ name = "plugin", failure_policy = "open" }]
;;! dialogue = [
;;!   { stream = "held", request = { method = "POST", body = ["one"] } },
;;!   { stream = "other", request = {} },
;;!   { stream = "held", wake = true },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    (if (i32.eq (local.get $context_id) (i32.const 2)) (then (return {{PAUSE}})))
    (unreachable)
    {{CONTINUE}}))
