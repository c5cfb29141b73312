;;! title = "The level of the host"
;;! spec = "proxy_get_log_level"
;;! abi = ["0.2.1"]
;;! dialogue = []
;;! log_level = "WARN"
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_get_log_level}}
    {{proxy_get_log_level 0xfffc}}
    {{proxy_get_log_level 0xfffd}}
    {{proxy_get_log_level -1}}
    (i32.const 1)))
