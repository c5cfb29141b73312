;;! title = "The draft's name for wall time"
;;! spec = "proxy_get_current_time"
;;! abi = ["0.1.0", "0.2.1", "vnext"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_get_current_time}}
    {{proxy_get_current_time 0xfff8}}
    {{proxy_get_current_time 0xfff9}}
    (i32.const 1)))
