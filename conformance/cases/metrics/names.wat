;;! title = "Names are bytes; dots at the end do not count"
;;! spec = "proxy_define_metric"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ metrics = true }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_define_metric COUNTER ""}}
    {{proxy_define_metric COUNTER "a.b"}}
    {{proxy_define_metric COUNTER "a.b."}}
    {{proxy_define_metric COUNTER "with space:and\0anewline"}}
    {{proxy_define_metric COUNTER "\ff\00"}}
    {{proxy_increment_metric 12 1}}
    {{proxy_get_metric 8}}
    (i32.const 1)))
