;;! title = "An unreachable instruction"
;;! spec = "traps"
;;! abi = ["0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    (unreachable)
    {{CONTINUE}}))
