;;! title = "A name and type that are known get another id for the same metric"
;;! spec = "proxy_define_metric"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ metrics = true }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_define_metric COUNTER "a"}}
    {{proxy_define_metric COUNTER "a"}}
    {{proxy_increment_metric 4 1}}
    {{proxy_increment_metric 8 2}}
    {{proxy_get_metric 4}}
    {{proxy_get_metric 8}}
    (i32.const 1)))
