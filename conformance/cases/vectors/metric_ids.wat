;;! title = "The first counter is 4, the first gauge 5, the first histogram 6; the next are 4 higher"
;;! spec = "11. Checklist and test vectors"
;;! abi = ["0.2.1"]
;;! shows = ["vector/metric_ids"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_define_metric COUNTER "counter"}}
    {{proxy_define_metric GAUGE "gauge"}}
    {{proxy_define_metric HISTOGRAM "histogram"}}
    {{proxy_define_metric COUNTER "another"}}
    (i32.const 1)))
