;;! title = "The finest level is 0"
;;! spec = "proxy_get_log_level"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_get_log_level}}
    (i32.const 1)))
