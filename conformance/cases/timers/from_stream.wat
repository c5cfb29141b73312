;;! title = "A stream sets the timer of its plugin, which outlives the stream"
;;! spec = "proxy_set_tick_period_milliseconds"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ request = {} }, { response = {} }, { finish = true }, { advance = 20 }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_set_tick_period_milliseconds 10}}
    {{CONTINUE}})
  (func {{export proxy_on_tick}}
    (nop)))
