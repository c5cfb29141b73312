;;! title = "A tick resumes a stream that it makes effective"
;;! spec = "proxy_on_tick"
;;! abi = ["0.2.0", "0.2.1"]
;;! dialogue = [{ request = {} }, { advance = 10 }, { wake = true }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_set_tick_period_milliseconds 10}}
    {{PAUSE}})
  (func {{export proxy_on_tick}}
    {{proxy_set_tick_period_milliseconds 0}}
    {{proxy_set_effective_context 2}}
    {{proxy_continue_stream HTTP_REQUEST}}))
