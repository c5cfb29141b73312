;;! title = "What this host does not implement yet: UNIMPLEMENTED, and one log line each"
;;! spec = "proxy_define_metric"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_define_metric 1 "metric_name"}}
    {{proxy_record_metric 1 1}}
    {{proxy_increment_metric 1 1}}
    {{proxy_get_metric 1}}

    ;; A second call is not logged.
    {{proxy_define_metric 1 "metric_name"}}
    {{CONTINUE}}))
