;;! title = "What this host does not implement yet: UNIMPLEMENTED, and one log line each"
;;! spec = "proxy_set_tick_period_milliseconds"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_set_tick_period_milliseconds 1}}

    ;; A second call is not logged.
    {{proxy_set_tick_period_milliseconds 1}}
    {{CONTINUE}}))
