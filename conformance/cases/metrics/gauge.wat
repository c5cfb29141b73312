;;! title = "A gauge is set, and goes up and down; below 0 it starts again from above"
;;! spec = "proxy_record_metric"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ metrics = true }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_define_metric GAUGE "g"}}
    {{proxy_record_metric 5 10}}
    {{proxy_increment_metric 5 -3}}
    {{proxy_increment_metric 5 1}}
    {{proxy_increment_metric 5 0}}
    {{proxy_get_metric 5}}
    {{proxy_increment_metric 5 -9}}
    {{proxy_get_metric 5}}
    {{proxy_record_metric 5 -1}}
    {{proxy_get_metric 5}}
    (i32.const 1)))
