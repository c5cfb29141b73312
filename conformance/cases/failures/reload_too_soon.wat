;;! title = "A plugin that failed within its interval is not started yet"
;;! spec = "failure_policy"
;;! abi = ["0.2.1"]
;;! plugin = [{ name = "plugin", failure_policy = "reload" }]
;;! dialogue = [
;;!   { request = {} }, { finish = true },
;;!   { advance = 1000 }, { request = {} }, { finish = true },
;;!   { advance = 500 }, { request = {} }, { finish = true },
;;!   { advance = 1000 }, { request = {} }, { finish = true },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    (unreachable)
    {{CONTINUE}}))
