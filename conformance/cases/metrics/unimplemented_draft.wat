;;! title = "A metric is deleted; only the draft has that"
;;! spec = "proxy_remove_metric"
;;! abi = ["0.2.1", "vnext"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_remove_metric 1}}
    (i32.const 1)))
