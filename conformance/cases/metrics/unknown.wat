;;! title = "An id that was not given is NOT_FOUND; histograms and no type at all cannot be read anyway"
;;! spec = "proxy_get_metric"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ metrics = true }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_define_metric COUNTER "c"}}
    {{proxy_get_metric 0}}
    {{proxy_get_metric 1}}
    {{proxy_get_metric 2}}
    {{proxy_get_metric 3}}
    {{proxy_get_metric 5}}
    {{proxy_get_metric 8}}
    {{proxy_get_metric -4}}
    {{proxy_increment_metric 8 1}}
    {{proxy_increment_metric 8 0}}
    {{proxy_increment_metric 9 1}}
    {{proxy_increment_metric 10 1}}
    {{proxy_increment_metric 11 1}}
    {{proxy_record_metric 8 1}}
    {{proxy_record_metric 9 1}}
    {{proxy_record_metric 10 1}}
    {{proxy_record_metric 11 1}}
    (i32.const 1)))
