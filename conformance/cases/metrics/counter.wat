;;! title = "A counter adds what is above 0, also where a value is recorded"
;;! spec = "proxy_increment_metric"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ metrics = true }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_define_metric COUNTER "c"}}
    {{proxy_get_metric 4}}
    {{proxy_increment_metric 4 5}}
    {{proxy_increment_metric 4 0}}
    {{proxy_increment_metric 4 -1}}
    {{proxy_record_metric 4 20}}
    {{proxy_record_metric 4 0}}
    {{proxy_get_metric 4}}
    (i32.const 1)))
