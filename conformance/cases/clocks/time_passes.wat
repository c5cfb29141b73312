;;! title = "Both clocks go on between callbacks"
;;! spec = "proxy_get_current_time_nanoseconds"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = {} }, { advance = 1500 }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_get_current_time_nanoseconds}}
    {{clock_time_get 1 0}}
    {{CONTINUE}})
  (func {{export proxy_on_response_headers}}
    {{proxy_get_current_time_nanoseconds}}
    {{clock_time_get 1 0}}
    {{CONTINUE}}))
