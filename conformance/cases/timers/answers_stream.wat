;;! title = "A tick answers a stream that it makes effective, and nobody else"
;;! spec = "proxy_on_tick"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ request = {} }, { advance = 10 }, { wake = true }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_set_tick_period_milliseconds 10}}
    {{PAUSE}})
  (func {{export proxy_on_tick}}
    {{proxy_set_tick_period_milliseconds 0}}
    ;; A plugin context has nobody to answer.
    {{proxy_send_local_response 200 "" "" {} -1}}
    {{proxy_set_effective_context 2}}
    {{proxy_send_local_response 504 "slow" "too slow" {} -1}}))
