;;! title = "A message is bytes: it need not be text"
;;! spec = "proxy_log"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_log INFO "\00\ff\n\"quoted\""}}
    {{proxy_log INFO "caf\c3\a9"}}
    (i32.const 1)))
