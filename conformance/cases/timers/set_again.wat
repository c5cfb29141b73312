;;! title = "Setting the period again restarts the one timer that there is"
;;! spec = "proxy_set_tick_period_milliseconds"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ advance = 6 }, { request = {} }, { advance = 10 }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_set_tick_period_milliseconds 10}}
    {{proxy_set_tick_period_milliseconds 7}}
    (i32.const 1))
  (func {{export proxy_on_tick}}
    (nop))
  (func {{export proxy_on_request_headers}}
    {{proxy_set_tick_period_milliseconds 5}}
    {{CONTINUE}}))
