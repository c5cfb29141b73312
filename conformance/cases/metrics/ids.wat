;;! title = "Ids tell the type in their low bits, and count per type from 4"
;;! spec = "proxy_define_metric"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ metrics = true }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_define_metric COUNTER "a"}}
    {{proxy_define_metric GAUGE "a"}}
    {{proxy_define_metric HISTOGRAM "a"}}
    {{proxy_define_metric COUNTER "b"}}
    {{proxy_define_metric GAUGE "b"}}
    {{proxy_define_metric HISTOGRAM "b"}}
    (i32.const 1)))
