;;! title = "A metric is removed with its last id; only the draft has that"
;;! spec = "proxy_remove_metric"
;;! abi = ["0.2.1", "vnext"]
;;! dialogue = [{ metrics = true }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_define_metric COUNTER "a"}}
    {{proxy_define_metric COUNTER "a"}}
    {{proxy_define_metric GAUGE "b"}}
    {{proxy_remove_metric 1}}
    {{proxy_remove_metric 7}}
    {{proxy_remove_metric 4}}
    {{proxy_remove_metric 4}}
    {{proxy_increment_metric 4 1}}
    ;; The other id still stands for it.
    {{proxy_increment_metric 8 1}}
    {{proxy_remove_metric 5}}
    {{proxy_get_metric 5}}
    ;; Ids are not given again.
    {{proxy_define_metric GAUGE "c"}}
    (i32.const 1)))
